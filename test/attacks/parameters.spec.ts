import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../support/http-browser.js';
import { OAuthClient, postForm, REDIRECT_URI } from '../support/oauth-client.js';
import { expectError, expectPage400, expectRefusal } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { rawHttp, statusOf } from '../support/raw-http.js';
import { newDatabase } from '../support/databases.js';
import { startProcess, startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

const TOKEN = '/mcp/oauth/token';
const REVOKE = '/mcp/oauth/revoke';
const REGISTER = '/mcp/oauth/register';
let server: TestServer;
let person: Person;
let client: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

const open = (url: string) => new HttpBrowser().get(url);

describe('H: parameters, headers, bodies', () => {
  it.each(['client_id', 'redirect_uri'])('H1 %s twice: a page', async (name) => {
    const value = new URL(client.authorizeUrl()).searchParams.get(name)!;
    for (const second of [value, 'other'])
      expectPage400(await open(`${client.authorizeUrl()}&${name}=${encodeURIComponent(second)}`));
  });

  it.each(['response_type', 'state', 'scope', 'code_challenge', 'code_challenge_method', 'prompt', 'response_mode'])(
    'H1 %s twice: invalid_request',
    async (name) => {
      const url = `${client.authorizeUrl({ [name]: new URL(client.authorizeUrl()).searchParams.get(name) ?? 'x' })}&${name}=x`;
      expectRefusal(await open(url), 'invalid_request');
    },
  );

  it('H1 resource may repeat', async () => {
    expect((await open(`${client.authorizeUrl()}&resource=${encodeURIComponent(client.resource)}`)).status).toBe(200);
  });

  it.each(['grant_type', 'code', 'code_verifier', 'redirect_uri', 'client_id', 'client_secret', 'scope'])(
    'H1 %s twice at the token endpoint',
    async (name) => {
      const one = client.again();
      const code = await one.code(person);
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        code_verifier: one.verifier,
        redirect_uri: REDIRECT_URI,
        client_id: one.registered.client_id,
      });
      body.append(name, body.get(name) ?? 'x');
      if (body.getAll(name).length === 1) body.append(name, 'x');
      expectError(await postForm(server.origin + TOKEN, body), 'invalid_request');
      expect((await one.exchange(code)).status).toBe(200);
    },
  );

  it.each(['token', 'token_type_hint', 'client_id'])('H1 %s twice at the revocation endpoint', async (name) => {
    const tokens = await client.again().connect(person);
    const body = new URLSearchParams({
      token: tokens.refresh_token,
      token_type_hint: 'refresh_token',
      client_id: client.registered.client_id,
    });
    body.append(name, body.get(name)!);
    expectError(await postForm(server.origin + REVOKE, body), 'invalid_request');
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('H2 unknown ones are ignored, empty ones absent, names are case-sensitive', async () => {
    expect((await open(`${client.authorizeUrl({ scope: '', nonce: 'x', foo: '1' })}&foo=2`)).status).toBe(200);
    expectRefusal(
      await open(client.authorizeUrl({ response_type: undefined, Response_Type: 'code' })),
      'invalid_request',
    );
    expectError(await client.exchange('', {}), 'invalid_request');
  });

  it.each(['scope[]', 'scope[0]', 'state[a][b]'])('H3 %s is an unknown parameter', async (name) => {
    expect((await open(client.authorizeUrl({ [name]: 'x' }))).status).toBe(200);
  });

  it('H3 thousands of parameters, millions of commas', async () => {
    const many = Array.from({ length: 3000 }, (_, n) => `a${n}=1`).join('&');
    expectError(await postForm(server.origin + TOKEN, many), 'invalid_request');
    expectError(await postForm(server.origin + TOKEN, `client_id=${','.repeat(60_000)}`), 'invalid_client', 401);
    expectError(await postForm(server.origin + TOKEN, `a=${','.repeat(1_000_000)}`), 'invalid_request', 413);
  });

  const BROKEN = ['%00', '%FF', '%C0%AF', '%ED%A0%80', '%EF%BF%BD', 'a%00b'];
  it.each(BROKEN)('H4 %s in each parameter of each endpoint', async (broken) => {
    for (const name of [
      'client_id',
      'redirect_uri',
      'state',
      'scope',
      'response_type',
      'code_challenge',
      'resource',
      'prompt',
    ]) {
      const { status, leftTo } = await open(`${client.authorizeUrl({ [name]: undefined })}&${name}=${broken}`);
      expect({ name, status, leftTo }).toEqual({ name, status: 400, leftTo: undefined });
    }
    for (const name of [
      'grant_type',
      'code',
      'code_verifier',
      'redirect_uri',
      'client_id',
      'scope',
      'resource',
      'refresh_token',
    ]) {
      const rest = new URLSearchParams({
        grant_type: name === 'refresh_token' ? 'refresh_token' : 'authorization_code',
        code: 'x',
        code_verifier: 'v'.repeat(43),
        client_id: client.registered.client_id,
      });
      rest.delete(name);
      const { status } = await postForm(server.origin + TOKEN, `${rest}&${name}=${broken}`);
      expect([name, status === 400 || status === 401]).toEqual([name, true]);
    }
    expectError(
      await postForm(server.origin + REVOKE, `client_id=${client.registered.client_id}&token=${broken}`),
      'invalid_request',
    );
  });

  it('H4 in a form that a person sends', async () => {
    const browser = new HttpBrowser();
    const login = await browser.get(`${server.origin}/console/login`);
    for (const email of ['a\0b@example.com', '\ud800@example.com', '\ufffe@example.com']) {
      expect((await browser.submit(login, 'Log in', { email, password: 'wrong wrong' })).status).toBe(401);
    }
    const { page } = await client.toApproval(person, { browser });
    for (const [name, value] of [
      ['decision', '\0'],
      ['scope', '\0\ud800'],
    ] as const) {
      const form = page.forms.find(({ buttons }) => buttons.some(({ label }) => label === 'Deny'))!;
      const body = new URLSearchParams({
        csrf: form.fields.find((field) => field.name === 'csrf')!.value,
        decision: 'neither',
        [name]: value,
      });
      expect((await browser.post(new URL(form.action, server.origin).href, body)).status).toBe(400);
    }
  });

  it.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    '',
    'application/x-www-form-urlencoded-x',
    'application/xml',
  ])('H5 content type %j at the token endpoint', async (type) => {
    const body = new TextEncoder().encode(
      new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: client.registered.client_id,
      }).toString(),
    );
    const response = await fetch(server.origin + TOKEN, {
      method: 'POST',
      headers: type ? { 'content-type': type } : {},
      body,
    });
    expect([400, 415]).toContain(response.status);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each([TOKEN, REVOKE, REGISTER])('H6 only POST at %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
      const response = await fetch(server.origin + path, { method });
      expect({ method, status: response.status, allow: response.headers.get('allow') }).toEqual({
        method,
        status: 405,
        allow: 'POST',
      });
    }
    expect(
      statusOf(await rawHttp(server.origin, `TRACE ${path} HTTP/1.1\r\nHost: ${new URL(server.origin).host}\r\n\r\n`)),
    ).toBeGreaterThanOrEqual(400);
  });

  it('H7 too much of anything', async () => {
    const { host } = new URL(server.origin);
    expectError(await postForm(server.origin + TOKEN, `a=${'x'.repeat(1024 * 1024)}`), 'invalid_request', 413);
    const statuses = [
      statusOf(
        await rawHttp(
          server.origin,
          `GET /mcp/oauth/authorize?x=${'a'.repeat(64 * 1024)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
        ),
      ),
      statusOf(
        await rawHttp(
          server.origin,
          `GET /console/login HTTP/1.1\r\nHost: ${host}\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
        ),
      ),
      statusOf(
        await rawHttp(
          server.origin,
          `GET /console/login HTTP/1.1\r\nHost: ${host}\r\n${Array.from({ length: 3000 }, (_, n) => `X${n}: 1\r\n`).join('')}\r\n`,
        ),
      ),
    ];
    for (const status of statuses) expect([413, 414, 431]).toContain(status);
    expect((await fetch(`${server.origin}/health/live`)).status).toBe(200);
  });

  it('H8 two lengths, or a length and chunks: 400 and closed', async () => {
    const { host } = new URL(server.origin);
    const head = `POST ${TOKEN} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    for (const rest of [
      'Content-Length: 3\r\nContent-Length: 4\r\n\r\na=b',
      'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      'X : y\r\nContent-Length: 0\r\n\r\n',
    ]) {
      expect(statusOf(await rawHttp(server.origin, head + rest))).toBe(400);
    }
  });

  it('H9 nothing that is said about the host changes an answer', async () => {
    const forged = {
      'x-forwarded-host': watch_('forged-host.example'),
      'x-forwarded-proto': 'gopher',
      'x-forwarded-port': '6666',
      'x-forwarded-prefix': watch_('/forged-prefix'),
      forwarded: `host=${watch_('forged-forwarded.example')};proto=gopher`,
      'x-original-url': watch_('/forged-original'),
      'x-rewrite-url': watch_('/forged-rewrite'),
    };
    const addresses = [
      '/.well-known/oauth-authorization-server/mcp',
      '/.well-known/oauth-protected-resource/mcp',
      '/mcp/oauth/jwks',
      '/mcp',
      '/console',
      new URL(client.authorizeUrl()).pathname + new URL(client.authorizeUrl()).search,
    ];
    for (const address of addresses) {
      const [plain, changed] = [
        await fetch(server.origin + address, { redirect: 'manual' }),
        await fetch(server.origin + address, { redirect: 'manual', headers: forged }),
      ];
      expect([address, changed.status, changed.headers.get('www-authenticate')]).toEqual([
        address,
        plain.status,
        plain.headers.get('www-authenticate'),
      ]);
      if (address.includes('well-known')) expect(await changed.text()).toBe(await plain.text());
    }
    for (const host of ['forged-direct.example', 'forged-direct.example\r\nHost: second.example']) {
      const answer = await rawHttp(
        server.origin,
        `GET /.well-known/oauth-authorization-server/mcp HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).not.toContain('forged-direct');
      expect([200, 400]).toContain(statusOf(answer));
    }
    const absolute = await rawHttp(
      server.origin,
      `GET http://forged-direct.example/.well-known/oauth-authorization-server/mcp HTTP/1.1\r\nHost: forged-direct.example\r\nConnection: close\r\n\r\n`,
    );
    expect(absolute).not.toContain('forged-direct');
  });

  it('H10 cookies stay Secure behind a proxy that says http', async () => {
    const database = await newDatabase('postgres');
    const secure = await startProcess(database, { PUBLIC_URL: 'https://auth.example', TRUSTED_PROXIES: '127.0.0.1' });
    try {
      const response = await fetch(`${secure.address}/console/login`, { headers: { 'x-forwarded-proto': 'http' } });
      const [cookie] = response.headers.getSetCookie();
      expect(cookie).toMatch(/^__Host-bkend-browser=/);
      for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(attribute);
      expect(cookie).not.toContain('Domain');
      expect(response.headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
    } finally {
      await secure.kill('SIGTERM');
      await database.remove();
    }
  });

  it('H11 a compressed body is not unpacked', async () => {
    const response = await fetch(server.origin + REGISTER, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: Buffer.from('1f8b0800', 'hex'),
    });
    expect([400, 415]).toContain(response.status);
  });

  it('H12 the address a limit counts is the peer’s, whatever a header says', async () => {
    for (let attempt = 0; attempt < 10; attempt++)
      expect((await failLogin({ 'x-forwarded-for': `10.0.0.${attempt}` })).status).toBe(401);
    expect((await failLogin({ 'x-forwarded-for': '10.0.0.99' })).status).toBe(429);
  });
});

async function failLogin(headers: Record<string, string>) {
  const browser = new HttpBrowser(headers);
  return browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
    email: 'h12@example.com',
    password: 'not the password',
  });
}

function watch_(value: string): string {
  watch.injected.add(value);
  return value;
}
