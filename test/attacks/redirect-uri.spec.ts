import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { OAuthClient, postJson } from '../support/oauth-client.js';
import { expectError, expectPage400 } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { newDatabase } from '../support/databases.js';
import { startProcess, startServer, type TestServer } from '../support/server.js';

const A = 'https://app.example/cb';
const B = 'https://app.example/q?x=1';
const C = 'http://127.0.0.1:3000/callback';
const D = 'http://localhost:3000/callback';
const E = 'http://[::1]:3000/cb';
const F = 'com.example.app:/cb';

let server: TestServer;
let person: Person;
let client: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin, { redirect_uris: [A, B, C, D, E, F] });
});
afterAll(() => server?.close());

const open = (redirectUri: string | undefined, of = client) =>
  new HttpBrowser().get(of.authorizeUrl({ redirect_uri: redirectUri }));
const register = (uri: unknown) => postJson(`${server.origin}/mcp/oauth/register`, { redirect_uris: [uri] });

async function refusedByBoth(uri: string): Promise<void> {
  expectPage400(await open(uri));
  expectError(await register(uri), 'invalid_redirect_uri');
}

describe('R: where the answer goes', () => {
  it('R1 a URI that this client did not register is shown a page, also when another client did', async () => {
    await OAuthClient.register(server.origin, { redirect_uris: ['https://other.example/cb'] });
    expectPage400(await open('https://other.example/cb'));
    expectPage400(await open('https://nobody.example/cb'));
  });

  it.each(['/', '/evil', '/../x', '/..;/x', '%2f..%2f', '/./', '//'])('R2 path appended: %s', async (suffix) => {
    expectPage400(await open(A + suffix));
  });

  it.each([
    'HTTPS://app.example/cb',
    'https://APP.example/cb',
    'https://app.example/CB',
    'https://app.example/%63b',
    'https://app.example./cb',
    'https://app.example:443/cb',
  ])('R3 equal only after normalising: %s', async (uri) => expectPage400(await open(uri)));

  it.each([
    'https://app.example@evil.example/cb',
    'https://app.example:443@evil.example/',
    'https://a@b@evil.example/cb',
    'http://127.0.0.1:80@evil.example/',
  ])('R4 userinfo: %s', (uri) => refusedByBoth(uri));

  it.each(['https://app.example.evil/cb', 'https://evilapp.example/cb', 'https://appXexample/cb'])(
    'R5 look-alike host: %s',
    async (uri) => {
      expectPage400(await open(uri));
    },
  );

  it.each([`${A}?next=//evil`, 'https://app.example/q', 'https://app.example/q?x=1&y=2', 'https://app.example/q?x=2'])(
    'R6 query changed: %s',
    async (uri) => {
      expectPage400(await open(uri));
    },
  );

  it('R6 a registered query is kept and the answer appended', async () => {
    const { browser, page } = await client.toApproval(person, { parameters: { redirect_uri: B } });
    const { leftTo } = await browser.submit(page, 'Approve');
    expect(leftTo).toMatch(/^https:\/\/app\.example\/q\?x=1&code=/);
  });

  it.each([`${A}#x`, `${A}%23x`, `${A}#`])('R7 fragment: %s', (uri) => refusedByBoth(uri));

  it.each(['\\', '\t', '\r\n', ' ', '\0', '%0d%0aSet-Cookie:x=1', '\u3002', '\uff0f'])(
    'R8 character %j inside',
    async (inside) => {
      const uri = `https://app.example/c${inside}b`;
      const page = await open(uri);
      expectPage400(page);
      expect(page.headers.getSetCookie().join()).not.toContain('x=1');
      expectError(await register(uri), 'invalid_redirect_uri');
    },
  );

  it.each([` ${A}`, `${A} `, `\n${A}`])('R8 white space around: %j', (uri) => refusedByBoth(uri));

  it.each(
    'javascript:alert(1) JaVaScRiPt:alert(1) java\tscript:alert(1) \u0001javascript:alert(1) data:text/html,x vbscript:x blob:https://app.example/x file:///etc/passwd filesystem:http://x/y about:blank view-source:https://x ws://app.example/ ftp://app.example/ intent://x#Intent;end mailto:a@b chrome-extension://x/y'.split(
      ' ',
    ),
  )('R9 scheme of no application: %j', (uri) => refusedByBoth(uri));

  it('R10 http to a host that is not this computer', () => refusedByBoth('http://app.example/cb'));

  it.each(
    'http://localhost.evil.test/ http://127.0.0.1.evil/ http://127.1/ http://2130706433/ http://0x7f.1/ http://0177.0.0.1/ http://127.0.0.2/ http://0.0.0.0/ http://[::]/ http://[::ffff:127.0.0.1]/ http://localhost./ http://x.localhost/'.split(
      ' ',
    ),
  )('R11 loopback look-alike: %s', (uri) => refusedByBoth(uri));

  it('R12 a loopback URI with another port is accepted, shown, and bound to the code', async () => {
    const actual = 'http://127.0.0.1:51004/callback';
    const { browser, page } = await client.toApproval(person, { parameters: { redirect_uri: actual } });
    expect(textOf(page.html)).toContain('127.0.0.1:51004');
    const { leftTo } = await browser.submit(page, 'Approve');
    expect(leftTo).toMatch(/^http:\/\/127\.0\.0\.1:51004\/callback\?code=/);
    const code = new URL(leftTo!).searchParams.get('code')!;
    expectError(await client.exchange(code, { redirect_uri: C }), 'invalid_grant');
    expect((await client.exchange(code, { redirect_uri: actual })).status).toBe(200);
  });

  it.each([
    'http://127.0.0.1:3000/other',
    'http://localhost:3000/cb',
    'http://[::1]:3000/callback',
    'https://127.0.0.1:3000/callback',
    'https://app.example:8443/cb',
  ])('R13 more than the loopback port differs: %s', async (uri) => expectPage400(await open(uri)));

  it.each([':0', ':65536', ':080', ':3000x', ':'])('R14 port %s', async (port) => {
    expectPage400(await open(`http://127.0.0.1${port}/callback`));
  });

  it('R14 query added to a loopback URI', async () => expectPage400(await open(`${C}?x=1`)));

  it('R15 left out: the only one registered is used, of several none', async () => {
    const single = await OAuthClient.register(server.origin, { redirect_uris: [A] });
    for (const redirect_uri of [undefined, '']) {
      const { browser, page } = await single.again().toApproval(person, { parameters: { redirect_uri } });
      expect((await browser.submit(page, 'Approve')).leftTo).toMatch(/^https:\/\/app\.example\/cb\?code=/);
    }
    expectPage400(await open(undefined));
    expectPage400(await open(''));
  });

  it.each([A, 'https://evil.example/'])('R16 sent twice, the second time as %s', async (second) => {
    const url = `${client.authorizeUrl({ redirect_uri: A })}&redirect_uri=${encodeURIComponent(second)}`;
    expectPage400(await new HttpBrowser().get(url));
    const { searchParams, pathname, origin } = new URL(url);
    expectPage400(await new HttpBrowser().post(origin + pathname, searchParams));
  });

  it.each(['redirect_uri[]', 'redirect_uri[0]', 'redirect_uri[a]'])('R17 %s is no redirect_uri', async (name) => {
    expectPage400(
      await new HttpBrowser().get(
        `${client.authorizeUrl({ redirect_uri: undefined })}&${encodeURIComponent(name)}=${encodeURIComponent(A)}`,
      ),
    );
  });

  it('R17 two in one value', async () => expectPage400(await open(`${A},https://evil.example/`)));

  it('R18 is judged before everything else', async () => {
    expectPage400(
      await new HttpBrowser().get(
        client.authorizeUrl({ redirect_uri: 'https://evil.example/', response_type: 'token', scope: 'nonsense' }),
      ),
    );
  });

  it('R19 a form cannot change client or redirect URI', async () => {
    const { browser, page } = await client.toApproval(person, { parameters: { redirect_uri: A } });
    const { leftTo } = await browser.submit(page, 'Approve', {
      redirect_uri: 'https://evil.example/',
      client_id: 'dyn-other',
    });
    expect(leftTo).toMatch(/^https:\/\/app\.example\/cb\?code=/);
  });

  it('R20 a client blocked between asking and approving gets no code', async () => {
    const blocked = await OAuthClient.register(server.origin, { redirect_uris: [A], client_name: 'Soon blocked' });
    await blocked.connect(person);
    const { browser, page } = await blocked.again().toApproval(person);
    await server.query(`UPDATE clients SET blocked_at = now() WHERE metadata->>'client_name' = 'Soon blocked'`);
    expectPage400(await browser.submit(page, 'Approve'));
  });

  it('R21 at the token endpoint it must be the same, or left out', async () => {
    const first = client.again();
    const code = await first.code(person, { parameters: { redirect_uri: A } });
    expectError(await first.exchange(code, { redirect_uri: C }), 'invalid_grant');
    expect((await first.exchange(code, { redirect_uri: A })).status).toBe(200);
    const second = client.again();
    const another = await second.code(person, { parameters: { redirect_uri: A } });
    expect((await second.exchange(another, { redirect_uri: undefined })).status).toBe(200);
  });

  it('R22 redirects after a form are 303', async () => {
    const browser = new HttpBrowser();
    const login = await browser.get(client.authorizeUrl({ redirect_uri: A }));
    const { browser: other, page } = await client.toApproval(person, { browser, parameters: { redirect_uri: A } });
    expect((await other.submit(page, 'Approve')).status).toBe(303);
    expect(login.status).toBe(200);
  });

  it.each(['fragment', 'form_post', 'form_post.jwt', 'web_message'])(
    'R23 response_mode=%s brings no code',
    async (mode) => {
      const page = await new HttpBrowser().get(client.authorizeUrl({ redirect_uri: A, response_mode: mode }));
      expect(page.status).toBe(400);
      expect(page.html).not.toContain('code=');
    },
  );

  it.each(['code', 'state', 'iss', 'error', 'response'])('R24 %s in a registered query', async (name) => {
    expectError(await register(`https://app.example/cb?${name}=1`), 'invalid_redirect_uri');
  });

  it('R25 on this server itself', async () => {
    const database = await newDatabase('postgres');
    const own = await startProcess(database, { PUBLIC_URL: 'https://auth.example' });
    try {
      const redirect_uris = ['https://auth.example/console'];
      expectError(await postJson(`${own.address}/mcp/oauth/register`, { redirect_uris }), 'invalid_redirect_uri');
    } finally {
      await own.kill('SIGTERM');
      await database.remove();
    }
  });

  it.each(['https://аpp.example/cb', 'https://%61pp.example/cb', 'http://[::1%25eth0]/cb'])(
    'R26 a host in disguise: %s',
    (uri) => refusedByBoth(uri),
  );

  it.each(['com.example.app://host/cb', 'myapp:/cb', 'http:/cb', 'https:app.example'])(
    'R27 private-use form: %s',
    async (uri) => {
      expectError(await register(uri), 'invalid_redirect_uri');
    },
  );

  it('R27 a reverse domain name and one slash is good', async () => expect((await register(F)).status).toBe(201));

  it('R28 length and number are bounded, duplicates dropped', async () => {
    expect((await register(`https://app.example/${'a'.repeat(1900)}`)).status).toBe(201);
    expectError(await register(`https://app.example/${'a'.repeat(4100)}`), 'invalid_redirect_uri');
    const many = Array.from({ length: 11 }, (_, index) => `https://app.example/${index}`);
    expectError(await postJson(`${server.origin}/mcp/oauth/register`, { redirect_uris: many }), 'invalid_redirect_uri');
    expect(
      (await postJson(`${server.origin}/mcp/oauth/register`, { redirect_uris: [A, A] })).json['redirect_uris'],
    ).toEqual([A]);
  });

  it.each([{ scope: 'nonsense' }, { prompt: 'none' }])(
    'R29 nobody is redirected to an unproven client before a person acted: %j',
    async (bad) => {
      const page = await new HttpBrowser().get(client.authorizeUrl({ redirect_uri: A, ...bad }));
      expect(page).toMatchObject({ status: 400, leftTo: undefined });
    },
  );
});
