import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Config } from '../../src/config/config.js';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { callMcp, OAuthClient, postForm, postJson } from '../support/oauth-client.js';
import { expectError, expectRefusal } from '../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { rawHttp } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  '</title><svg onload=alert(1)>',
  '{{7*7}} ${7*7} <%=7*7%>',
  "' OR 1=1--",
  "'; SELECT pg_sleep(5)--",
  '=cmd|x',
  '../../etc/passwd',
];
let server: TestServer;
let person: Person;
let client: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

/** Every tag of the page is one of ours: nothing that came from outside became markup. */
function expectInert(html: string, payload: string): void {
  if (/[<>"']/.test(payload)) expect(html).not.toContain(payload);
  // A page may have one script of ours.
  const given = html.replace(
    /<script type="module" src="\/assets\/(?:deliberate|live|passkeys)\.[0-9a-f]{16}\.js"><\/script>/,
    '',
  );
  expect(given).not.toMatch(/<script|<svg onload|<img src=x|onerror=(?!alert\(1\)&gt;)[^&]/);
  expect(textOf(html)).not.toMatch(/\b49\b/);
}

describe('X: injection', () => {
  it.each(MARKUP)('X1 %s as the name of a tool, an organization, a project and a person', async (payload) => {
    const somebody = await addPerson(server.app, `x${MARKUP.indexOf(payload)}@example.com`, { organization: payload });
    await server.query('UPDATE users SET name = $1 WHERE id = $2', [payload, somebody.id]);
    const tool = await OAuthClient.register(server.origin, { client_name: payload });
    const browser = new HttpBrowser();
    const { page } = await tool.toApproval(somebody, { browser });
    expectInert(page.html, payload);
    const answer = await browser.submit(page, 'Approve');
    const { access_token } = (await tool.exchange(new URL(answer.leftTo!).searchParams.get('code')!)).json as {
      access_token: string;
    };
    const made = await callMcp(server.origin, access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: payload },
    });
    expect(made.status).toBe(200);
    for (const path of ['/console', '/console/organizations', '/console/connections', '/console/projects'])
      expectInert((await browser.get(server.origin + path)).html, payload);
  });

  it.each(MARKUP)('X2 %s in parameters is not on the error page', async (payload) => {
    for (const name of [
      'state',
      'redirect_uri',
      'client_id',
      'error',
      'error_description',
      'login_hint',
      'response_type',
      'scope',
    ]) {
      const { html } = await new HttpBrowser().get(client.authorizeUrl({ response_type: 'token', [name]: payload }));
      expectInert(html, payload);
    }
    const { html } = await new HttpBrowser().get(`${server.origin}/console/${encodeURIComponent(payload)}`);
    expectInert(html, payload);
  });

  it('X3 state comes back byte for byte', async () => {
    const printable = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join('');
    for (const state of [printable, 'ünï ✓ 한국어 🙂', 'a'.repeat(2048)]) {
      const answer = await client.again().authorize(person, { parameters: { state } });
      expect(answer.get('state')).toBe(state);
    }
    const none = await client.again().authorize(person, { parameters: { state: undefined } });
    expect(none.has('state')).toBe(false);
    const refused = expectRefusal(
      await new HttpBrowser().get(client.authorizeUrl({ state: 'a'.repeat(4097) })),
      'invalid_request',
    );
    expect(refused.has('state')).toBe(false);
  });

  it('X4 an error says a constant sentence in its alphabet', async () => {
    const input = 'needle-"\\\u00e9';
    const answers = [
      await postForm(`${server.origin}/mcp/oauth/token`, { grant_type: input, client_id: client.registered.client_id }),
      await client.exchange(input),
      await client.refresh(input),
      await postJson(`${server.origin}/mcp/oauth/register`, { redirect_uris: [input] }),
    ];
    for (const answer of answers) {
      expect(JSON.stringify(answer.json)).not.toContain('needle');
      expect(answer.json['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it.each(['%0d%0aSet-Cookie:%20x=1', '%0aX-Evil:1', '%22', '%22,%20scope=%22x', '%E2%80%A8'])(
    'X5 %s in what becomes a header is encoded, and there are as many headers as without it',
    async (payload) => {
      const { host } = new URL(server.origin);
      const head = async (address: string, ...lines: string[]) => {
        const asked = [`GET ${address} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...lines];
        const [status, ...headers] = (await rawHttp(server.origin, `${asked.join('\r\n')}\r\n\r\n`))
          .split('\r\n\r\n', 1)[0]!
          .split('\r\n');
        return {
          status,
          names: headers.map((line) => line.split(':', 1)[0]!.toLowerCase()),
          of: (name: string) =>
            headers.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2),
        };
      };
      const authorize = new URL(client.authorizeUrl({ state: undefined }));
      for (const address of [
        (value: string) => `/console/projects?x=${value}`,
        (value: string) => `/console/${value}`,
        (value: string) => `${authorize.pathname}?client_id=${value}`,
        (value: string) => `${authorize.pathname}${authorize.search}&state=${value}`,
        (value: string) => `${authorize.pathname}${authorize.search}&prompt=none&state=${value}`,
        (value: string) => `/language/ko?back=/console/${value}`,
        (value: string) => `/mcp?resource_metadata=${value}&scope=${value}`,
        (value: string) => `/.well-known/oauth-protected-resource/${value}`,
      ]) {
        const [plain, attacked] = [await head(address('x')), await head(address(payload))];
        expect([address(''), attacked.status, attacked.names]).toEqual([address(''), plain.status, plain.names]);
        expect(attacked.of('location') ?? '').toMatch(/^[\x21\x23-\x7e]*$/);
        expect(attacked.of('www-authenticate')).toBe(plain.of('www-authenticate'));
      }
      // What proxies and tools say in headers becomes none of ours.
      const odd = decodeURIComponent(payload).replace(/[^\x20-\x7e]/g, '');
      const challenge = (await head('/mcp')).of('www-authenticate');
      expect(challenge).toMatch(/^Bearer resource_metadata="[^"]+", scope="[a-z: ]+"$/);
      for (const name of ['X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded', 'Referer'])
        expect((await head('/mcp', `${name}: x${odd}`)).of('www-authenticate')).toBe(challenge ?? 'none');
      const answered = async (state: string) => {
        const { browser, page } = await client.again().toApproval(person, { parameters: { state } });
        return browser.submit(page, 'Approve');
      };
      const [plain, attacked] = [await answered('x'), await answered(decodeURIComponent(payload))];
      expect([...attacked.headers.keys()]).toEqual([...plain.headers.keys()]);
      expect(attacked.leftTo).toMatch(/^[\x21\x23-\x7e]*$/);
      expect(new URL(attacked.leftTo!).searchParams.get('state')).toBe(decodeURIComponent(payload));
    },
  );

  it('X5 an address of this server that would break out of a header is refused, or is one that does not', () => {
    for (const url of ['http://a.example"', 'http://a.example\r\nX-Evil: 1', 'https://a.example/", scope="x']) {
      let origin = '';
      try {
        ({ origin } = Config.from({ NODE_ENV: 'test', SECRETS: 'x'.repeat(48), PUBLIC_URL: url }));
      } catch (error) {
        expect((error as Error).message).toContain('PUBLIC_URL');
      }
      expect(origin).toMatch(/^[\w:/.-]*$/);
    }
  });

  it('X6 SQL in every parameter is text', async () => {
    const payloads = ["' OR 1=1--", "'; DROP TABLE grants--", '1) UNION SELECT 1', '\\', '$1', '%', '_', '\u2019'];
    const { access_token, refresh_token } = await client.again().connect(person);
    for (const payload of payloads) {
      expectError(await client.exchange(payload), 'invalid_grant');
      expectError(await client.refresh(payload), 'invalid_grant');
      expect((await client.revoke(payload)).status).toBe(200);
      expect(
        (
          await callMcp(server.origin, access_token, 'tools/call', {
            name: 'list_projects',
            arguments: { cursor: payload },
          })
        ).status,
      ).toBe(200);
      const browser = new HttpBrowser();
      expect(
        (
          await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
            email: `${payload}@x`,
            password: payload.repeat(9),
          })
        ).status,
      ).toBe(401);
    }
    expect((await client.refresh(refresh_token)).status).toBe(200);
  });

  it('X7 one event, one line: nothing a log or terminal acts upon', async () => {
    const before = watch.logged.length;
    await postForm(
      `${server.origin}/mcp/oauth/token`,
      { grant_type: 'x', client_id: 'a\u001b[31m\nFAKE LINE' },
      { 'user-agent': 'x\u00a0y' },
    );
    for (const line of watch.logged.slice(before)) expect(line).not.toMatch(/[\n\u001b]/);
    expect(watch.logged.length).toBeGreaterThan(before);
  });

  it('X9 no prototype is polluted', async () => {
    for (const body of [
      '{"__proto__":{"polluted":1},"redirect_uris":["https://a.example/"]}',
      '{"constructor":{"prototype":{"polluted":1}},"redirect_uris":["https://a.example/"]}',
    ]) {
      await postJson(`${server.origin}/mcp/oauth/register`, body);
    }
    await new HttpBrowser().get(
      `${client.authorizeUrl()}&__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__=1`,
    );
    await postForm(
      `${server.origin}/mcp/oauth/token`,
      '__proto__=1&__proto__[polluted]=1&constructor=1&hasOwnProperty=1',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const { json } = await postJson(`${server.origin}/mcp/oauth/register`, { redirect_uris: ['https://a.example/'] });
    expect(json).not.toHaveProperty('polluted');
  });

  it('names that cannot be seen are refused where people give them', async () => {
    const browser = new HttpBrowser();
    const login = await browser.get(`${server.origin}/console/login`);
    await browser.submit(login, 'Log in', { email: person.email, password: PASSWORD });
    const organizations = await browser.get(`${server.origin}/console/organizations`);
    const own = () =>
      server.query('SELECT id FROM organizations JOIN memberships ON organization_id = id WHERE user_id = $1', [
        person.id,
      ]);
    const count = (await own()).length;
    for (const name of ['', '   ', '\u202e\u202e', '\u200b', 'a'.repeat(101)]) {
      const page = await browser.submit(organizations, 'Create organization', { name });
      expect(page.status).toBe(400);
    }
    expect((await own()).length).toBe(count);
  });
});
