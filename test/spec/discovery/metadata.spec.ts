import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rawHttp, statusOf } from '../../support/raw-http.js';
import { startServer, type TestServer } from '../../support/server.js';

const SERVER = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/mcp',
  '/mcp/.well-known/oauth-authorization-server',
];
const RESOURCE = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'];

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
});
afterAll(() => server?.close());

const read = async (path: string) => (await (await fetch(server.origin + path)).json()) as Record<string, unknown>;

describe('authorization server metadata (RFC 8414)', () => {
  it('§3.2 MUST hold the six members of the documentation, exactly', async () => {
    const { origin } = server;
    expect(await read(SERVER[0]!)).toMatchObject({
      issuer: `${origin}/mcp`,
      authorization_endpoint: `${origin}/mcp/oauth/authorize`,
      token_endpoint: `${origin}/mcp/oauth/token`,
      registration_endpoint: `${origin}/mcp/oauth/register`,
      revocation_endpoint: `${origin}/mcp/oauth/revoke`,
      code_challenge_methods_supported: ['S256'],
    });
  });

  it('§2 advertises what works and nothing else', async () => {
    const { origin } = server;
    const {
      issuer,
      authorization_endpoint,
      token_endpoint,
      registration_endpoint,
      revocation_endpoint,
      code_challenge_methods_supported,
      ...rest
    } = await read(SERVER[1]!);
    expect([
      issuer,
      authorization_endpoint,
      token_endpoint,
      registration_endpoint,
      revocation_endpoint,
      code_challenge_methods_supported,
    ]).not.toContain(undefined);
    expect(rest).toEqual({
      jwks_uri: `${origin}/mcp/oauth/jwks`,
      scopes_supported: ['organization:read', 'projects:read', 'projects:write', 'offline_access'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
      revocation_endpoint_auth_methods_supported: [
        'none',
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
      introspection_endpoint: `${origin}/mcp/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_feed_endpoint: `${origin}/mcp/oauth/revocations`,
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      protected_resources: [`${origin}/mcp`],
      service_documentation: `${origin}/console`,
    });
  });
});

describe('protected resource metadata (RFC 9728)', () => {
  it('§3.2 names the resource by the identifier its address was built from, and the issuer', async () => {
    const { origin } = server;
    expect(await read(RESOURCE[1]!)).toEqual({
      resource: `${origin}/mcp`,
      authorization_servers: [`${origin}/mcp`],
      scopes_supported: ['organization:read', 'projects:read', 'projects:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'bkend MCP',
      resource_documentation: `${origin}/console`,
    });
  });
});

describe('well-known addresses', () => {
  it.each([SERVER, RESOURCE])('give the same bytes: %s …', async (...paths) => {
    const bodies = await Promise.all(
      paths.map(async (path) => (await fetch(server.origin + path, { redirect: 'error' })).text()),
    );
    expect(new Set(bodies).size).toBe(1);
  });

  it.each([...SERVER, ...RESOURCE, '/mcp/oauth/jwks'])(
    '%s: JSON, cacheable, for every origin, without cookies',
    async (path) => {
      const response = await fetch(server.origin + path, {
        headers: { origin: 'https://tool.example', 'mcp-protocol-version': '2026-07-28' },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('cache-control')).toBe('public, max-age=300');
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      expect(response.headers.getSetCookie()).toEqual([]);
      const head = await fetch(server.origin + path, { method: 'HEAD' });
      expect(head.status).toBe(200);
    },
  );

  it.each([
    '/.well-known/openid-configuration',
    '/.well-known/openid-configuration/mcp',
    '/mcp/.well-known/openid-configuration',
    '/.well-known/oauth-protected-resource/other',
    '/.well-known/oauth-authorization-server/other',
    '/.well-known/x/y/z',
    '/.well-known/',
    '/.well-known',
  ])('%s: 404 as JSON, never 401, 429 or 5xx', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const response = await fetch(server.origin + path, { method });
      expect({ method, status: response.status }).toEqual({ method, status: 404 });
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
  });
});

describe('CORS (K-2, K-3, K-4)', () => {
  const preflight = (path: string) =>
    fetch(server.origin + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://tool.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
      },
    });

  it.each([
    ...SERVER,
    ...RESOURCE,
    '/mcp/oauth/token',
    '/mcp/oauth/register',
    '/mcp/oauth/revoke',
    '/mcp/oauth/jwks',
    '/mcp',
  ])('%s answers a preflight without a token', async (path) => {
    const { status, headers } = await preflight(path);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    for (const name of [
      'authorization',
      'content-type',
      'mcp-protocol-version',
      'mcp-method',
      'mcp-name',
      'mcp-session-id',
      'last-event-id',
    ])
      expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain(name);
  });

  it('/mcp exposes its challenge', async () => {
    const { headers } = await fetch(`${server.origin}/mcp`, {
      method: 'POST',
      headers: { origin: 'http://localhost:6274' },
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate/);
  });

  it.each([
    '/mcp/oauth/authorize',
    '/mcp/oauth/authorize/login',
    '/console',
    '/console/login',
    '/console/projects',
    '/health/live',
  ])('%s never allows another origin', async (path) => {
    for (const response of [
      await preflight(path),
      await fetch(server.origin + path, { headers: { origin: 'https://tool.example' }, redirect: 'manual' }),
    ]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-allow'))).toEqual([]);
    }
  });
});

describe('other addresses', () => {
  it.each([
    '/',
    '/nothing',
    '/mcp/nothing',
    '/mcp/oauth',
    '/console/x.css',
    '/mcp/oauth/authorize/x.js',
    '/assets/style.0000000000000000.css',
  ])('%s: a page that says so (K-5)', async (path) => {
    const response = await fetch(server.origin + path, { redirect: 'manual' });
    if (path === '/') expect([303, 404]).toContain(response.status);
    else {
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('Support code');
    }
  });

  it('metrics are not there unless the operator wants them', async () => {
    expect((await fetch(`${server.origin}/metrics`)).status).toBe(404);
  });

  it('health says whether the server lives and is ready, and nothing else', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const response = await fetch(server.origin + path);
      expect(response.status).toBe(200);
      expect((await response.text()).length).toBeLessThan(100);
    }
  });

  it.each([
    '//console',
    '/CONSOLE',
    '/console;x',
    '/./console',
    '/console%2f',
    '/%63onsole',
    '/console.json',
    '/console?',
    '/console/',
  ])('W10 %s is decided as the page it is', async (path) => {
    const status = statusOf(
      await rawHttp(
        server.origin,
        `GET ${path} HTTP/1.1\r\nHost: ${new URL(server.origin).host}\r\nConnection: close\r\n\r\n`,
      ),
    );
    expect([303, 404, 400]).toContain(status);
  });
});
