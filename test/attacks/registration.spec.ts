import { request } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Metrics } from '../../src/http/metrics.js';
import { eventually } from '../support/eventually.js';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { OAuthClient, postJson } from '../support/oauth-client.js';
import { expectError } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

const REDIRECTS = ['https://app.example/cb'];
const DEEP = '['.repeat(20_000) + ']'.repeat(20_000);
let server: TestServer;
let person: Person;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(() => server?.close());

const register = (body: unknown) => postJson(`${server.origin}/mcp/oauth/register`, body);
const rows = async () =>
  (
    await server.query<{ rows: number }>(
      'SELECT (SELECT count(*) FROM clients)::int + (SELECT count(*) FROM grants)::int AS rows',
    )
  )[0]!.rows;

describe('D: registration by anybody', () => {
  it.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri', 'client_uri#de', 'logo_uri#ja-Jpan-JP'])(
    'D1 %s must be a web address',
    async (name) => {
      for (const value of ['javascript:alert(1)', 'data:text/html,x', ' javascript:x', 7])
        expectError(await register({ redirect_uris: REDIRECTS, [name]: value }), 'invalid_client_metadata');
    },
  );

  it('D2 privileges cannot be registered', async () => {
    const privileged = {
      skip_consent: true,
      trusted: true,
      verified: true,
      scope: 'admin *',
      client_id: 'x',
      org_id: 'x',
      owner: 'x',
      token_lifetime: 1e9,
      identity: 'registered',
    };
    const { status, json } = await register({ redirect_uris: REDIRECTS, ...privileged });
    expect(status).toBe(201);
    for (const name of ['skip_consent', 'trusted', 'verified', 'org_id', 'owner', 'token_lifetime', 'identity'])
      expect(json).not.toHaveProperty(name);
    const client = new OAuthClient(server.origin, json as never);
    await client.connect(person);
    const stored = await server.query<{ identity: string; metadata: object }>('SELECT identity, metadata FROM clients');
    expect(stored.at(-1)).toMatchObject({ identity: 'self-asserted' });
    expect(Object.keys(stored.at(-1)!.metadata)).not.toContain('skip_consent');
    // Asked again all the same.
    expect((await client.again().toApproval(person)).page.html).toContain('Approve');
    expectError(
      await register({ redirect_uris: REDIRECTS, grant_types: ['client_credentials', 'password'] }),
      'invalid_client_metadata',
    );
  });

  it.each([
    undefined,
    [],
    'https://app.example/cb',
    {},
    null,
    [1],
    [null],
    [[]],
    Array.from({ length: 11 }, (_, n) => `https://app.example/${n}`),
  ])('D4 redirect_uris %j', async (redirect_uris) => {
    expectError(await register({ redirect_uris }), 'invalid_redirect_uri');
  });

  it.each([
    ['64 kB', JSON.stringify({ redirect_uris: REDIRECTS, x: 'a'.repeat(64 * 1024) }), 413],
    ['10 MB', JSON.stringify({ redirect_uris: REDIRECTS, x: 'a'.repeat(10 * 1024 * 1024) }), 413],
    ['deep nesting', DEEP, 400],
    ['deep nesting where text is expected', `{"redirect_uris":["https://app.example/cb"],"logo_uri":${DEEP}}`, 400],
    ['deep nesting where a list is expected', `{"redirect_uris":${DEEP}}`, 400],
    ['deep nesting where nothing is', `{"redirect_uris":["https://app.example/cb"],"x":${DEEP}}`, 400],
    ['many members', JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, 1]))), 400],
    ['__proto__', '{"redirect_uris":["https://app.example/cb"],"__proto__":{"trusted":true}}', 400],
    ['constructor', '{"redirect_uris":["https://app.example/cb"],"constructor":{"prototype":{"trusted":true}}}', 400],
    ['not JSON', '{', 400],
    ['an array', '[]', 400],
    ['null', 'null', 400],
    ['nothing', '', 400],
  ])('D5 a body of %s is refused, and the next is fine', async (_, body, status) => {
    const answer = await register(body);
    expect({ status: answer.status, error: typeof answer.json['error'] }).toEqual({ status, error: 'string' });
    expect((await register({ redirect_uris: REDIRECTS })).status).toBe(201);
  });

  it('D5 a failure that cannot even be told is answered, and the process lives', async () => {
    watch.faultsExpected = true;
    const untold = jest.spyOn(server.app.get(Metrics, { strict: false }), 'refused').mockImplementationOnce(() => {
      throw new Error('broken while a failure was told');
    });
    const answer = await fetch(`${server.origin}/mcp/oauth/register`, { method: 'POST' });
    untold.mockRestore();
    watch.faultsExpected = false;
    expect(answer.status).toBe(500);
    expect((await register({ redirect_uris: REDIRECTS })).status).toBe(201);
  });

  it('D5 chunked without a length, too: 413 before it has all arrived', async () => {
    const send = () =>
      new Promise<{ status: number; bytes: number }>((resolve, reject) => {
        const outgoing = request(`${server.origin}/mcp/oauth/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
        });
        let bytes = 0;
        const chunk = Buffer.alloc(16 * 1024, 'a');
        const timer = setInterval(() => {
          if (bytes > 4 * 1024 * 1024) outgoing.end();
          else bytes += outgoing.write(chunk) ? chunk.length : 0;
        }, 1);
        outgoing.once('response', (response) => {
          clearInterval(timer);
          response.resume();
          resolve({ status: response.statusCode!, bytes });
          outgoing.destroy();
        });
        outgoing.once('error', (error) => {
          clearInterval(timer);
          reject(error);
        });
      });
    // Whoever still writes when the connection is closed does not always come to read the answer.
    const sent = await eventually(send);
    expect(sent.status).toBe(413);
    expect(sent.bytes).toBeLessThan(4 * 1024 * 1024);
  });

  it('D6 a flood leaves nothing behind', async () => {
    const before = await rows();
    for (let batch = 0; batch < 10; batch++)
      await Promise.all(
        Array.from({ length: 50 }, () => register({ redirect_uris: REDIRECTS, client_name: `Flood ${batch}` })),
      );
    expect(await rows()).toBe(before);
  });

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '<svg onload=alert(1)>',
    '{{7*7}}',
    "'-alert(1)-'",
  ])('D8 name %s is text', async (client_name) => {
    const client = await OAuthClient.register(server.origin, { client_name });
    const { page } = await client.toApproval(person);
    expect(textOf(page.html)).toContain(client_name);
    if (/[<>]/.test(client_name)) expect(page.html).not.toContain(client_name);
  });

  it('D8 ten thousand characters, or a line break', async () => {
    expectError(
      await register({ redirect_uris: REDIRECTS, client_name: 'a'.repeat(10_000) }),
      'invalid_client_metadata',
    );
    expectError(await register({ redirect_uris: REDIRECTS, client_name: 'a\r\nb' }), 'invalid_client_metadata');
  });

  it.each(['\u202egnirts', 'a\u2066b', 'a\u200bb', 'a\0b', 'a\ufeffb', 'a\u2028b'])(
    'D9 name with an invisible character: %j',
    async (client_name) => {
      expectError(await register({ redirect_uris: REDIRECTS, client_name }), 'invalid_client_metadata');
    },
  );

  it('D9 any other name is shown beside the words that it is only the tool’s own', async () => {
    for (const client_name of ['Сlaude', 'Claude Code (verified)']) {
      const client = await OAuthClient.register(server.origin, { client_name, redirect_uris: REDIRECTS });
      const { page } = await client.toApproval(person);
      expect(page.html).toMatch(/self-asserted|not verified|unverified/i);
      expect(page.html).toContain('app.example');
    }
  });

  it.each([
    'logo_uri',
    'jwks_uri',
    'sector_identifier_uri',
    'software_statement',
    'backchannel_logout_uri',
    'initiate_login_uri',
    'client_uri',
  ])('D10 D11 %s is not fetched, by server or browser', async (name) => {
    let connections = 0;
    const sink = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(sink.address() as { port: number }).port}/x`;
    const client = await OAuthClient.register(server.origin, { [name]: url });
    const { browser, page } = await client.toApproval(person);
    expect(page.headers.get('content-security-policy')).toContain("img-src 'self' data:");
    expect(page.html).not.toContain(`src="${url}`);
    await browser.submit(page, 'Approve');
    expect(connections).toBe(0);
    sink.close();
  });

  it('D12 what is answered is what was registered, and a secret is not kept', async () => {
    const asked = {
      client_name: 'App',
      redirect_uris: REDIRECTS,
      token_endpoint_auth_method: 'client_secret_basic',
      client_uri: 'https://app.example',
      software_id: 'app',
      software_version: '1.2',
    };
    const { status, json, headers } = await register(asked);
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json).toMatchObject({
      ...asked,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_secret_expires_at: 0,
    });
    expect(json).not.toHaveProperty('registration_client_uri');
    const client = new OAuthClient(server.origin, json as never);
    const page = await new HttpBrowser().get(client.authorizeUrl());
    expect(page.status).toBe(200);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/xml',
    'application/json\ta',
    'application/jsonx',
  ])('D14 content type %j', async (type) => {
    const response = await fetch(`${server.origin}/mcp/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify({ redirect_uris: REDIRECTS }),
    });
    expect([400, 415]).toContain(response.status);
    expect(await response.json()).toHaveProperty('error');
  });

  it.each([undefined, 'web', 'native', 'nonsense', 7])(
    'D15 application_type %j decides nothing',
    async (application_type) => {
      expect((await register({ redirect_uris: ['http://127.0.0.1:1234/cb'], application_type })).status).toBe(201);
    },
  );

  it('D3 D13 a registration is never changed: there is no management endpoint, no token for one (RFC 7592)', async () => {
    const { json } = await register({ redirect_uris: REDIRECTS });
    expect(json).not.toHaveProperty('registration_access_token');
    for (const path of ['/mcp/oauth/register', `/mcp/oauth/register/${json['client_id'] as string}`])
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const response = await fetch(server.origin + path, { method, headers: { authorization: 'Bearer x' } });
        expect([method, [404, 405].includes(response.status)]).toEqual([method, true]);
      }
  });

  it('D7 a client nobody uses is nowhere, and comes to life whenever it is approved', async () => {
    const client = await OAuthClient.register(server.origin);
    expect(await server.query('SELECT 1 FROM clients WHERE client_id = $1', [client.registered.client_id])).toEqual([]);
    server.clock.advance(400 * 86_400);
    expect((await new HttpBrowser().get(client.authorizeUrl())).status).toBe(200);
  });

  it('D16 registration asks for no token, and a token changes nothing', async () => {
    for (const authorization of ['Bearer anything', 'Basic eDp5', 'nonsense']) {
      const response = await fetch(`${server.origin}/mcp/oauth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ redirect_uris: REDIRECTS }),
      });
      expect(response.status).toBe(201);
    }
  });
});
