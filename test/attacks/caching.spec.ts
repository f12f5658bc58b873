import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PUBLISHED_BEFORE_USE } from '../../src/jwt/key-ring.js';
import { HttpBrowser } from '../support/http-browser.js';
import { type Answer, callMcp, OAuthClient, postForm, postJson } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { declareResource } from '../support/resource-servers.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let person: Person;
let client: OAuthClient;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

const FOREIGN = 'https://tool.example';
const get = (path: string, init: RequestInit = {}) =>
  fetch(server.origin + path, { ...init, headers: { origin: FOREIGN, ...(init.headers as object) } });
const preflight = (path: string) =>
  get(path, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });
const corsOf = ({ headers }: { headers: Headers }) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));
const METADATA = [
  '/.well-known/oauth-authorization-server/mcp',
  '/.well-known/oauth-authorization-server',
  '/mcp/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource',
  '/mcp/oauth/jwks',
];
const PAGES = ['/console', '/console/login', '/console/connections', '/console/projects', '/console/organizations'];

describe('K: caching, CORS, metadata', () => {
  it('K-1 answers with credentials, and refusals of them, are kept by nobody', async () => {
    const own = client.again();
    const tokens = await own.exchange(await own.code(person));
    const { basic } = await declareResource(server);
    const answers: [string, Pick<Answer, 'status' | 'headers'>][] = [
      ['exchange', tokens],
      ['exchange again', await own.exchange('no code')],
      ['refresh', await own.refresh('no token')],
      ['revoke', await own.revoke('no token')],
      ['register', await postJson(`${server.origin}/mcp/oauth/register`, { redirect_uris: ['http://127.0.0.1/cb'] })],
      ['register nothing', await postJson(`${server.origin}/mcp/oauth/register`, {})],
      ['introspect', await postForm(`${server.origin}/mcp/oauth/introspect`, { token: 'x' }, { authorization: basic })],
      ['introspect as nobody', await postForm(`${server.origin}/mcp/oauth/introspect`, { token: 'x' })],
      ['call', await callMcp(server.origin, tokens.json['access_token'] as string)],
      ['call without a token', await callMcp(server.origin, undefined)],
      ['token by GET', await get('/mcp/oauth/token')],
    ];
    for (const [what, { headers }] of answers)
      expect([what, headers.get('cache-control')?.split(', ')]).toEqual([what, expect.arrayContaining(['no-store'])]);
  });

  it('K-2 pages are for people: no CORS, nor a preflight', async () => {
    const { search } = new URL(client.authorizeUrl());
    for (const path of [
      `/mcp/oauth/authorize${search}`,
      '/mcp/oauth/authorize/login',
      '/mcp/oauth/authorize/approve',
      ...PAGES,
    ]) {
      expect([path, corsOf(await get(path, { redirect: 'manual' }))]).toEqual([path, []]);
      expect([path, corsOf(await preflight(path))]).toEqual([path, []]);
    }
  });

  it('K-3 endpoints for programs: every origin, never with credentials; the challenge can be read', async () => {
    for (const path of [...METADATA, '/mcp/oauth/token', '/mcp/oauth/register', '/mcp/oauth/revoke', '/mcp']) {
      for (const { headers } of [await get(path), await preflight(path)]) {
        expect([path, headers.get('access-control-allow-origin')]).toEqual([path, '*']);
        expect(headers.get('access-control-allow-credentials')).toBeNull();
      }
    }
    expect((await get('/mcp')).headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate/);
  });

  it('K-4 pages of somebody who is logged in have no CORS either', async () => {
    const browser = new HttpBrowser({ origin: FOREIGN });
    const login = await browser.get(`${server.origin}/console/login`);
    const page = await new HttpBrowser().get(`${server.origin}/console/login`);
    expect([corsOf(login), corsOf(page)]).toEqual([[], []]);
    const own = new HttpBrowser();
    await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', {
      email: person.email,
      password: person.password,
    });
    const cookie = [...own.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    for (const path of PAGES)
      expect([path, corsOf(await get(path, { headers: { cookie }, redirect: 'manual' }))]).toEqual([path, []]);
  });

  it.each([
    '/console/x.css',
    '/console/connections/x.js',
    '/mcp/oauth/authorize/x.js',
    '/console;x.css',
    '/console/login/..%2fx.css',
  ])('K-5 %s is not a page that a cache might take for a file', async (path) => {
    const response = await get(path, { redirect: 'manual' });
    // Where an id could be, a stranger is sent to log in, as for any id.
    const status = path === '/console/connections/x.js' ? 303 : 404;
    expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store']);
  });

  it('K-6 the path-inserted metadata is served, issuer and resource identical; any other suffix is 404', async () => {
    const json = async (path: string) => (await (await get(path)).json()) as Record<string, unknown>;
    expect((await json(METADATA[0]!))['issuer']).toBe(`${server.origin}/mcp`);
    expect((await json(METADATA[3]!))['resource']).toBe(`${server.origin}/mcp`);
    for (const path of [
      'oauth-authorization-server/other',
      'oauth-protected-resource/other',
      'oauth-authorization-server/mcp/x',
      'oauth-authorization-server/MCP',
    ])
      expect([path, (await get(`/.well-known/${path}`)).status]).toEqual([path, 404]);
  });

  it('K-7 the metadata offers nothing weak', async () => {
    const text = await (await get(METADATA[0]!)).text();
    for (const weak of ['"plain"', '"HS256"', '"token"', '"implicit"', '"password"', 'http://evil'])
      expect(text).not.toContain(weak);
    expect(text).not.toMatch(/signing_alg_values_supported":\[[^\]]*"none"/);
  });

  it('K-8 a key is published longer before it signs than anybody keeps the set without it', async () => {
    for (const path of METADATA) {
      const maxAge = /max-age=(\d+)/.exec((await get(path)).headers.get('cache-control')!)![1];
      expect(Number(maxAge)).toBeLessThan(PUBLISHED_BEFORE_USE);
    }
  });
});
