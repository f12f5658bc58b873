import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { Internet } from '../../support/internet.js';
import { callMcp, OAuthClient, postForm, postJson } from '../../support/oauth-client.js';
import { expectError, expectPage400, expectRefusal } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

/* Traps other servers fell into (T1–T18), and quirks of tools that are tolerated (Q1–Q26), each by its one rule. */

let internet: Internet;
let server: TestServer;
let person: Person;
let client: OAuthClient;
beforeAll(async () => {
  internet = await Internet.open(['tool.example', 'slow.example']);
  server = await startServer({ database: 'postgres', outbound: internet });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
});
afterAll(async () => {
  await server?.close();
  internet?.close();
});

const get = (path: string, init?: RequestInit) => fetch(server.origin + path, { redirect: 'error', ...init });
const json = async (path: string) => (await (await get(path)).json()) as Record<string, unknown>;
const register = (metadata: Record<string, unknown>) => postJson(`${server.origin}/mcp/oauth/register`, metadata);
/** Published under this URL, and known by it. */
function published(url: string, metadata: Record<string, unknown>): OAuthClient {
  const document = { client_id: url, client_name: 'Tool', redirect_uris: ['http://127.0.0.1/callback'], ...metadata };
  internet.publish(url, document);
  return new OAuthClient(server.origin, { client_id: url, redirect_uris: document.redirect_uris });
}
const METADATA = '/.well-known/oauth-authorization-server/mcp';
const EXACT = { redirect_uri: 'http://127.0.0.1:61000/callback' };

describe('traps', () => {
  it('T1 a loopback redirect differs by its port only, whatever application_type says', async () => {
    const web = await OAuthClient.register(server.origin, {
      application_type: 'web',
      redirect_uris: ['http://127.0.0.1/callback'],
    });
    const code = await web.code(person, { parameters: EXACT });
    expect((await web.exchange(code, EXACT)).status).toBe(200);
    for (const redirect_uri of [
      'http://localhost:61000/callback',
      'http://127.0.0.1:61000/callback/',
      'http://127.0.0.1/callback?x=1',
    ])
      expectPage400(await new HttpBrowser().get(web.again().authorizeUrl({ redirect_uri })));
  });

  it('T2 a document with a list of methods and no single one: a method of the list', async () => {
    const tool = published('https://tool.example/t2.json', { token_endpoint_auth_methods_supported: ['none'] });
    const code = await tool.code(person, { parameters: EXACT });
    expect((await tool.exchange(code, EXACT)).status).toBe(200);
  });

  it('T3 a public client that lists jwt-bearer: that falls away', async () => {
    const grant_types = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'];
    const { json: registered } = await register({ redirect_uris: [EXACT.redirect_uri], grant_types });
    expect(registered['grant_types']).toEqual(['authorization_code', 'refresh_token']);
    const tool = published('https://tool.example/t3.json', { grant_types });
    expect((await tool.toApproval(person, { parameters: EXACT })).page.status).toBe(200);
  });

  it('T4 prompt=consent with offline_access: the page, and a refresh token', async () => {
    const own = client.again();
    const tokens = await own.connect(person, {
      parameters: { prompt: 'consent', scope: 'projects:read offline_access' },
    });
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });

  it('T5 offline_access never asked for: a refresh token all the same; and it is no scope of the resource', async () => {
    expect(
      (await client.again().connect(person, { parameters: { scope: 'projects:read' } })).refresh_token,
    ).toBeDefined();
    expect((await json('/.well-known/oauth-protected-resource/mcp'))['scopes_supported']).not.toContain(
      'offline_access',
    );
    expect((await get('/mcp')).headers.get('www-authenticate')).not.toContain('offline_access');
  });

  it('T5 offline_access asked for: answered with the tokens, but neither in one nor in a challenge', async () => {
    const { access_token, scope } = await client
      .again()
      .connect(person, { parameters: { scope: 'organization:read offline_access' } });
    expect(scope).toBe('organization:read offline_access');
    expect(decodeJwt(access_token)['scope']).toBe('organization:read');
    const refused = await callMcp(server.origin, access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: 'One' },
    });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="organization:read projects:write"');
  });

  it('T6 no resource on either leg: the canonical one is the audience', async () => {
    const own = client.again();
    const code = await own.code(person, { parameters: { resource: undefined } });
    const { json: tokens } = await own.exchange(code, { resource: undefined });
    expect(decodeJwt(tokens['access_token'] as string)['aud']).toBe(`${server.origin}/mcp`);
  });

  it('T7 resource on refresh, by a client that registered: the audience that was granted', async () => {
    const own = client.again();
    const { refresh_token } = await own.connect(person);
    const { json: tokens } = await own.refresh(refresh_token, { resource: `${server.origin}/mcp` });
    expect(decodeJwt(tokens['access_token'] as string)['aud']).toBe(`${server.origin}/mcp`);
  });

  it('T8 a refresh without scope: the same scope back', async () => {
    const own = client.again();
    const { refresh_token, scope } = await own.connect(person, { parameters: { scope: 'projects:write' } });
    expect((await own.refresh(refresh_token)).json['scope']).toBe(scope);
  });

  it('T9 an unknown client: a page that says what to do; invalid_client with 401 at the token endpoint', async () => {
    const page = await new HttpBrowser().get(client.authorizeUrl({ client_id: 'dyn-gone' }));
    expectPage400(page);
    expect(textOf(page.html)).toContain('Remove this server from the tool, add it again, and connect.');
    const answer = await postForm(`${server.origin}/mcp/oauth/token`, {
      grant_type: 'refresh_token',
      client_id: 'dyn-gone',
    });
    expectError(answer, 'invalid_client', 401);
  });

  it('T10 unknown members of a registration are ignored', async () => {
    const { status } = await register({
      redirect_uris: [EXACT.redirect_uri],
      x_future: { a: [1] },
      software_statement: 'x',
    });
    expect(status).toBe(201);
  });

  it('T11 a registration for authorization_code alone', async () => {
    const own = await OAuthClient.register(server.origin, { grant_types: ['authorization_code'] });
    expect(own.registered).toMatchObject({ grant_types: ['authorization_code'] });
    expect((await own.exchange(await own.code(person))).status).toBe(200);
  });

  it('T12 errors of every status are OAuth JSON', async () => {
    for (const [path, status] of [
      ['/mcp/oauth/token', 405],
      ['/.well-known/nothing', 404],
    ] as const) {
      const response = await get(path);
      expect([response.status, await response.json()]).toEqual([
        status,
        expect.objectContaining({ error: 'invalid_request' }),
      ]);
    }
  });

  it('T13 a step up by refreshing brings nothing; the challenge names what is missing, and one token then has both', async () => {
    const own = client.again();
    const before = await own.connect(person, { parameters: { scope: 'organization:read' } });
    expectError(
      await own.refresh(before.refresh_token, { scope: 'organization:read projects:write' }),
      'invalid_scope',
    );
    const { headers } = await callMcp(server.origin, before.access_token, 'tools/call', { name: 'create_project' });
    const missing = /scope="([^"]+)"/.exec(headers.get('www-authenticate')!)![1]!;
    const after = await client.again().connect(person, { parameters: { scope: `organization:read ${missing}` } });
    expect(after.scope.split(' ')).toEqual(expect.arrayContaining(['organization:read', 'projects:write']));
    expect((await callMcp(server.origin, before.access_token)).status).toBe(200);
  });

  it('T14 Q24 discovery, registration and token ask no other server', async () => {
    const tool = published('https://tool.example/t14.json', {});
    const tokens = await (async () => {
      const code = await tool.code(person, { parameters: EXACT });
      return (await tool.exchange(code, EXACT)).json;
    })();
    const asked = internet.asked.length;
    for (const path of [METADATA, '/.well-known/oauth-protected-resource/mcp', '/mcp/oauth/jwks']) await get(path);
    await register({ redirect_uris: [EXACT.redirect_uri] });
    server.clock.advance(7 * 86_400);
    expect((await tool.refresh(tokens['refresh_token'] as string)).status).toBe(200);
    expect(internet.asked.length).toBe(asked);
  });

  it.each([METADATA, '/mcp/oauth/register', '/mcp/oauth/token', '/mcp/oauth/revoke', '/mcp'])(
    'T15 %s is open to programs in browsers, which can read the challenge',
    async (path) => {
      const headers = { origin: 'http://localhost:6274', 'access-control-request-method': 'POST' };
      const preflight = await get(path, { method: 'OPTIONS', headers });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
      const answer = await get(path, { headers });
      expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    },
  );

  it('T16 two tabs, two organizations: each approves for the one it shows', async () => {
    const two = await addPerson(server.app, 'two@example.com', { organization: 'One' });
    const browser = new HttpBrowser();
    const one = await client.again().toApproval(two, { browser });
    const made = await browser.submit(
      await browser.get(`${server.origin}/console/organizations`),
      'Create organization',
      { name: 'Two' },
    );
    expect(made.status).toBe(200);
    const [{ id }] = (await server.query<{ id: string }>(`SELECT id FROM organizations WHERE name = 'Two'`)) as [
      { id: string },
    ];
    const other = client.again();
    let tab = await browser.get(other.authorizeUrl());
    tab = await browser.submit(tab, 'Continue', { organization: id });
    expect(textOf(tab.html)).toContain('work in Two ?');
    const answer = await browser.submit(one.page, 'Approve', { organization: id });
    const [grant] = await server.query<{ organization_id: string }>(
      'SELECT organization_id FROM grants ORDER BY created_at DESC LIMIT 1',
    );
    expect([answer.status, grant?.organization_id]).toEqual([303, two.organizationId]);
  });

  it('T17 documents and none are advertised together', async () => {
    expect(await json(METADATA)).toMatchObject({
      client_id_metadata_document_supported: true,
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none']),
    });
  });

  it('T18 a document that failed is asked for again at once; many who wait make one request', async () => {
    const url = 'https://slow.example/t18.json';
    const tool = new OAuthClient(server.origin, { client_id: url, redirect_uris: ['http://127.0.0.1/callback'] });
    const browser = new HttpBrowser();
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
      email: person.email,
      password: person.password,
    });
    internet.serve(url, (_, response) => void response.writeHead(403).end());
    expect((await browser.get(tool.authorizeUrl(EXACT))).status).toBe(400);
    const before = internet.asked.length;
    const document = JSON.stringify({
      client_id: url,
      client_name: 'Slow',
      redirect_uris: ['http://127.0.0.1/callback'],
    });
    internet.serve(url, (_, response) => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(document), 300);
    });
    const pages = await Promise.all(Array.from({ length: 5 }, () => browser.get(tool.authorizeUrl(EXACT))));
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(internet.asked.length - before).toBe(1);
  });
});

describe('quirks', () => {
  const authorized = async (parameters: Record<string, string | undefined>, own = client.again()) =>
    own.connect(person, { parameters });

  it('Q1 metadata at the path and at the root: 200, identical', async () => {
    const texts = await Promise.all(
      [METADATA, '/.well-known/oauth-authorization-server'].map(async (path) => (await get(path)).text()),
    );
    expect(texts[0]).toBe(texts[1]);
  });

  it('Q2 probes of unknown well-knowns: JSON 404, to anybody, however many', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => get('/.well-known/openid-configuration/mcp')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect(answers[0]!.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('Q3 any other port of a loopback redirect, of documents too', async () => {
    const tool = published('https://tool.example/q3.json', { redirect_uris: ['http://127.0.0.1:33418/'] });
    expect(
      (await tool.toApproval(person, { parameters: { redirect_uri: 'http://127.0.0.1:40001/' } })).page.status,
    ).toBe(200);
  });

  it('Q4 localhost is not 127.0.0.1', async () => {
    const own = await OAuthClient.register(server.origin, { redirect_uris: ['http://localhost:1234/cb'] });
    expectPage400(await new HttpBrowser().get(own.authorizeUrl({ redirect_uri: 'http://127.0.0.1:1234/cb' })));
  });

  it('Q5 several redirect URIs, one of an unknown scheme: the acceptable ones, echoed', async () => {
    const { json: registered } = await register({
      redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'weird:/cb', 'http://localhost:8787/callback'],
    });
    expect(registered['redirect_uris']).toEqual([
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'http://localhost:8787/callback',
    ]);
  });

  it.each([undefined, '', 'made:up'])('Q6 registered with scope %p: no restriction', async (scope) => {
    const own = await OAuthClient.register(server.origin, scope === undefined ? {} : { scope });
    expect((await own.connect(person)).scope).toBe('organization:read projects:read projects:write');
  });

  it('Q7 grants this server does not have: the intersection, echoed', async () => {
    const device = 'urn:ietf:params:oauth:grant-type:device_code';
    const { json: registered } = await register({
      redirect_uris: [EXACT.redirect_uri],
      grant_types: ['authorization_code', device],
    });
    expect(registered['grant_types']).toEqual(['authorization_code']);
  });

  it('Q8 no grant types, no method: authorization_code and refresh_token, none, echoed', async () => {
    const { json: registered } = await register({ redirect_uris: [EXACT.redirect_uri] });
    expect(registered).toMatchObject({
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    });
  });

  it('Q9 no scope: all of the resource', async () => {
    expect((await authorized({ scope: undefined })).scope).toBe('organization:read projects:read projects:write');
  });

  it('Q10 unknown scopes are dropped; an error only if nothing is left', async () => {
    expect((await authorized({ scope: 'openid email profile' })).scope).toBe(
      'organization:read projects:read projects:write',
    );
    expect((await authorized({ scope: 'made:up projects:read' })).scope).toBe('projects:read');
    expectRefusal(await new HttpBrowser().get(client.again().authorizeUrl({ scope: 'made:up' })), 'invalid_scope');
  });

  it('Q11 offline_access and prompt=consent', async () => {
    expect((await authorized({ scope: 'offline_access', prompt: 'consent' })).refresh_token).toBeDefined();
  });

  it.each([
    ['missing', () => undefined],
    ['with a trailing slash', () => `${server.origin}/mcp/`],
    ['with the scheme in upper case', () => `${server.origin.replace('http', 'HTTP')}/mcp`],
    ['the origin only', () => server.origin],
  ])('Q12 resource %s', async (_, resource) => {
    const own = client.again();
    const code = await own.code(person, { parameters: { resource: resource() } });
    const { json: tokens } = await own.exchange(code, { resource: resource() });
    expect(decodeJwt(tokens['access_token'] as string)['aud']).toBe(`${server.origin}/mcp`);
  });

  it('Q12 the MCP endpoint with a trailing slash, and the metadata that is then asked for', async () => {
    const challenge = await get('/mcp/', { method: 'POST' });
    expect(challenge.status).toBe(401);
    expect(challenge.headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource/mcp"');
    expect(await json('/.well-known/oauth-protected-resource/mcp/')).toMatchObject({
      resource: `${server.origin}/mcp`,
    });
  });

  it('Q13 a foreign resource: invalid_target, never ignored', async () => {
    expectRefusal(
      await new HttpBrowser().get(client.again().authorizeUrl({ resource: 'https://other.example/mcp' })),
      'invalid_target',
    );
  });

  it.each([undefined, 'the same'])('Q14 redirect_uri at the token endpoint: %p', async (sent) => {
    const own = client.again();
    const code = await own.code(person);
    expect((await own.exchange(code, sent ? {} : { redirect_uri: undefined })).status).toBe(200);
  });

  it('Q15 parallel refresh: the same successor within the grace; then the connection ends', async () => {
    const own = client.again();
    const { refresh_token } = await own.connect(person);
    const answers = await Promise.all([
      own.refresh(refresh_token),
      own.refresh(refresh_token),
      own.refresh(refresh_token),
    ]);
    expect(new Set(answers.map((answer) => answer.json['refresh_token'])).size).toBe(1);
    server.clock.advance(121);
    expectError(await own.refresh(refresh_token), 'invalid_grant');
    expectError(await own.refresh(answers[0]!.json['refresh_token'] as string), 'invalid_grant');
  });

  it('Q16 a refresh with offline_access added, without resource', async () => {
    const own = client.again();
    const { refresh_token, scope } = await own.connect(person);
    expect((await own.refresh(refresh_token, { scope: `${scope} offline_access` })).json['scope']).toBe(scope);
  });

  it.each(['openid email profile', 'openid projects:read'])(
    'Q16 a refresh that repeats what the request named: %s',
    async (scope) => {
      const own = client.again();
      const connected = await own.connect(person, { parameters: { scope } });
      expect((await own.refresh(connected.refresh_token, { scope })).json['scope']).toBe(connected.scope);
    },
  );

  it('Q17 Basic with credentials that were not encoded; and with an empty password, by a public client', async () => {
    const secret = await OAuthClient.register(server.origin, { token_endpoint_auth_method: 'client_secret_basic' });
    const { client_id, client_secret } = secret.registered;
    expect(`${client_id}${client_secret}`).toMatch(/^[A-Za-z0-9_-]+$/);
    for (const own of [secret, client.again()]) {
      const code = await own.code(person);
      const pair = `${own.registered.client_id}:${own.registered.client_secret ?? ''}`;
      const basic = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
      expect((await own.exchange(code, { client_id: undefined, client_secret: undefined }, basic)).status).toBe(200);
    }
  });

  it('Q18 a dead client_id that a tool kept: help at the authorization endpoint, invalid_client at the token endpoint', async () => {
    const dead = new OAuthClient(server.origin, {
      client_id: `${client.registered.client_id}x`,
      redirect_uris: [EXACT.redirect_uri],
    });
    expect(textOf((await new HttpBrowser().get(dead.authorizeUrl())).html)).toContain('add it again');
    expectError(await dead.refresh('x'), 'invalid_client', 401);
  });

  it('Q19 a registration at every connection: no row, none refused', async () => {
    const rows = async () => (await server.query<{ n: string }>('SELECT count(*) AS n FROM clients'))[0]!.n;
    const before = await rows();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => register({ redirect_uris: [EXACT.redirect_uri] })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await rows()).toBe(before);
  });

  it('Q20 a document’s host that refuses or is slow: refreshing goes on with what was approved', async () => {
    const url = 'https://tool.example/q20.json';
    const tool = published(url, {});
    const code = await tool.code(person, { parameters: EXACT });
    const { json: tokens } = await tool.exchange(code, EXACT);
    internet.serve(url, (_, response) => void response.writeHead(403).end());
    server.clock.advance(2 * 86_400);
    expect((await tool.refresh(tokens['refresh_token'] as string)).status).toBe(200);
  });

  it.each(['GET', 'HEAD', 'DELETE', 'PUT'])(
    'Q21 %s without a token: challenged before anything else',
    async (method) => {
      const response = await get('/mcp', { method });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('resource_metadata='),
      ]);
    },
  );

  it('Q22 programs in browsers: every header the revisions use is allowed', async () => {
    const wanted =
      'Authorization, Content-Type, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID';
    const response = await get('/mcp', {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:6274',
        'access-control-request-method': 'POST',
        'access-control-request-headers': wanted,
      },
    });
    const allowed = response.headers.get('access-control-allow-headers')!.toLowerCase();
    for (const name of wanted.toLowerCase().split(', ')) expect(allowed).toContain(name);
    expect(
      (await get('/mcp', { headers: { origin: 'http://localhost:6274' } })).headers.get(
        'access-control-expose-headers',
      ),
    ).toMatch(/WWW-Authenticate.*Mcp-Session-Id/);
  });

  it('Q23 iss is the literal issuer on every answer', async () => {
    expect((await client.again().authorize(person)).getAll('iss')).toEqual([`${server.origin}/mcp`]);
    expect((await client.again().authorize(person, { decision: 'Deny' })).getAll('iss')).toEqual([
      `${server.origin}/mcp`,
    ]);
  });

  it('Q25 Q26 approved twice, reloaded, two tools at once: one code each', async () => {
    const [one, two] = [client.again(), client.again()];
    const first = await one.toApproval(person);
    const second = await two.toApproval(person, { browser: first.browser });
    expect((await first.browser.submit(first.page, 'Approve')).leftTo).toContain('code=');
    const again = await first.browser.submit(first.page, 'Approve');
    expect([again.leftTo, textOf(again.html)]).toEqual([
      undefined,
      expect.stringContaining('You have answered this already'),
    ]);
    expect((await first.browser.submit(second.page, 'Approve')).leftTo).toContain('code=');
  });
});
