import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { type Answer, callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let person: Person;
let registered: OAuthClient;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  registered = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

const basic = ({ client_id, client_secret }: OAuthClient['registered']) => ({
  authorization: `Basic ${Buffer.from(`${client_id}:${client_secret ?? ''}`).toString('base64')}`,
});
const none = { client_id: undefined, client_secret: undefined };

describe('the token endpoint (RFC 6749, OAuth 2.1)', () => {
  it('§5.1 answers with no-store, a bearer token, its seconds, its scope', async () => {
    const client = registered.again();
    const { status, headers, json } = await client.exchange(await client.code(person));
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(json).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.any(String),
      scope: 'organization:read projects:read projects:write',
    });
  });

  it.each(['client_secret_basic', 'client_secret_post'])('§2.3.1 %s: exchange, refresh, revoke', async (method) => {
    const client = await OAuthClient.register(server.origin, { token_endpoint_auth_method: method });
    const [body, headers] = method === 'client_secret_basic' ? [none, basic(client.registered)] : [{}, {}];
    const tokens = (await client.exchange(await client.code(person), body, headers)).json as unknown as Tokens;
    const refreshed = await client.refresh(tokens.refresh_token, body, headers);
    expect(refreshed.status).toBe(200);
    // client_id beside Basic, if it is the same, is fine.
    expect(
      (await client.refresh(String(refreshed.json['refresh_token']), { client_secret: undefined }, headers)).status,
    ).toBe(method === 'client_secret_basic' ? 200 : 401);
  });

  it('a public client that sends Basic with an empty password is one that sends none', async () => {
    const client = registered.again();
    expect((await client.exchange(await client.code(person), none, basic(client.registered))).status).toBe(200);
  });

  it.each([
    ['left out', undefined],
    ['exact', ''],
    ['with a slash at the end', '/'],
  ])('RFC 8707 §2: the resource %s', async (_, suffix) => {
    const client = registered.again();
    const resource = suffix === undefined ? undefined : `${server.origin}/mcp${suffix}`;
    const code = await client.code(person, { parameters: { resource } });
    const { json } = await client.exchange(code, { resource });
    expect(decodeJwt(String(json['access_token'])).aud).toBe(`${server.origin}/mcp`);
  });

  it.each(['the origin alone', 'the origin and a slash', 'an upper-case host'])(
    'RFC 8707 §2: the resource as %s',
    async (form) => {
      const resource = {
        'the origin alone': server.origin,
        'the origin and a slash': `${server.origin}/`,
        'an upper-case host': `${server.origin.replace('http', 'HTTP')}/mcp`,
      }[form];
      const client = registered.again();
      const code = await client.code(person, { parameters: { resource } });
      expect((await client.exchange(code, { resource })).status).toBe(200);
    },
  );

  it('issues a refresh token for the grant type, or for offline_access, and only then', async () => {
    const withoutGrant = await OAuthClient.register(server.origin, { grant_types: ['authorization_code'] });
    const plain = await withoutGrant.exchange(await withoutGrant.code(person));
    expect(plain.json).not.toHaveProperty('refresh_token');
    const offline = withoutGrant.again();
    const asked = await offline.exchange(
      await offline.code(person, { parameters: { scope: 'projects:read offline_access', prompt: 'consent' } }),
    );
    expect(asked.json).toHaveProperty('refresh_token');
    // It is a permission to stay, not one of the resource.
    expect(asked.json['scope']).not.toContain('admin');
    expect(
      (
        await offline.refresh(String(asked.json['refresh_token']), {
          scope: 'projects:read offline_access',
          resource: undefined,
        })
      ).status,
    ).toBe(200);
  });

  it('a scope brings what it implies', async () => {
    const client = registered.again();
    const tokens = await client.connect(person, { parameters: { scope: 'projects:write' } });
    expect(tokens.scope).toBe('projects:read projects:write');
    expect(
      (await callMcp(server.origin, tokens.access_token, 'tools/call', { name: 'list_projects', arguments: {} }))
        .status,
    ).toBe(200);
  });

  it.each(['openid email profile', 'openid email profile offline_access', ''])(
    'the scope "%s" asks for what there is',
    async (scope) => {
      const client = registered.again();
      expect((await client.connect(person, { parameters: { scope } })).scope).toContain('projects:write');
    },
  );

  it('a member who may only read gives a tool no more than that', async () => {
    const reader = await addPerson(server.app, 'reader@example.com', { into: person.organizationId, role: 'member' });
    const client = registered.again();
    const { page } = await client.toApproval(reader);
    expect(page.html).not.toContain('Create, rename and delete projects');
    expect((await client.connect(reader)).scope).toBe('organization:read projects:read');
  });

  it('Z6 every refusal of a code says the same, and every refusal of a refresh token', async () => {
    const client = registered.again();
    const used = await client.code(person);
    const first = (await client.exchange(used)).json as unknown as Tokens;
    const answers = [
      await client.exchange('unknown'),
      await client.exchange(used),
      await client.exchange(await registered.again().code(person)),
    ];
    // Only the support code differs.
    const sentence = ({ json }: Answer) => JSON.stringify(json).replace(/support code [A-Z2-9]{10}/, '');
    expect(new Set(answers.map(sentence)).size).toBe(1);
    const refusals = [
      await client.refresh('unknown'),
      await client.refresh(first.refresh_token),
      await (await OAuthClient.register(server.origin)).refresh(first.refresh_token),
    ];
    expect(new Set(refusals.map(sentence)).size).toBe(1);
    for (const answer of [...answers, ...refusals]) expectError(answer, 'invalid_grant');
  });
});

describe('access tokens (RFC 9068)', () => {
  it('§2 verify with the published keys and say what they must', async () => {
    const client = registered.again();
    const { access_token } = await client.connect(person);
    const { payload, protectedHeader } = await jwtVerify(
      access_token,
      createRemoteJWKSet(new URL(`${server.origin}/mcp/oauth/jwks`)),
      { issuer: `${server.origin}/mcp`, audience: `${server.origin}/mcp`, typ: 'at+jwt', algorithms: ['ES256'] },
    );
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    const [grant] = await server.query<{ id: string }>('SELECT id FROM grants ORDER BY created_at DESC LIMIT 1');
    expect(payload).toEqual({
      iss: `${server.origin}/mcp`,
      sub: person.id,
      aud: `${server.origin}/mcp`,
      client_id: client.registered.client_id,
      scope: 'organization:read projects:read projects:write',
      iat: expect.any(Number),
      exp: payload.iat! + 3600,
      jti: expect.any(String),
      sid: grant!.id,
      org_id: person.organizationId,
    });
  });
});

describe('signing keys', () => {
  it('rotate by schedule: published before use, and kept until the last token has expired', async () => {
    const published = async () =>
      ((await (await fetch(`${server.origin}/mcp/oauth/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(
        ({ kid }) => kid,
      );
    const kidOf = (tokens: Tokens) => decodeProtectedHeader(tokens.access_token).kid!;
    const client = registered.again();
    const before = await client.connect(person);
    const [current, next] = [kidOf(before), (await published()).find((kid) => kid !== kidOf(before))!];
    // Ninety days on (the connection ended meanwhile, as it was not used).
    server.clock.advance(90 * 86_400 + 1);
    await until(async () => (await published()).length === 3);
    const after = await registered.again().connect(person);
    expect(kidOf(after)).toBe(next);
    expect(await published()).toContain(current);
    server.clock.advance(3600 + 120);
    expect(await published()).not.toContain(current);
    expect(await published()).toContain(next);
    expect((await callMcp(server.origin, before.access_token)).status).toBe(401);
    server.clock.advance(-90 * 86_400 - 3721);
  });

  it('private halves are sealed in the database (Z3)', async () => {
    const rows = await server.query<Record<string, unknown>>('SELECT * FROM signing_keys');
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) {
      expect(JSON.stringify(row)).not.toMatch(/PRIVATE KEY|"d":/);
      expect(row['sealed_private_key']).toMatch(/^[A-Za-z0-9_-]{100,}$/);
    }
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 100) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
