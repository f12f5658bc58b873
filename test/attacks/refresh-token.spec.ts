import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { callMcp, OAuthClient, type Tokens } from '../support/oauth-client.js';
import { BOTH_DATABASES } from '../support/databases.js';
import { expectChallenge, expectError } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

const GRACE = 120;
const LIFETIME = 30 * 86_400;

describe.each(BOTH_DATABASES)('F: refresh tokens, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let registered: OAuthClient;

  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    registered = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());

  const refreshed = async (client: OAuthClient, token: string): Promise<Tokens> => {
    const answer = await client.refresh(token);
    expect(answer.status).toBe(200);
    return answer.json as unknown as Tokens;
  };
  const expectDead = async (client: OAuthClient, tokens: Tokens) => {
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    expectChallenge(await callMcp(server.origin, tokens.access_token), server.origin, 'invalid_token');
  };

  it('F1 a chain of five: one row, each token new, nothing else changes', async () => {
    const client = registered.again();
    const chain = [await client.connect(person)];
    for (let step = 0; step < 5; step++) chain.push(await refreshed(client, chain.at(-1)!.refresh_token));
    expect(new Set(chain.map(({ refresh_token }) => refresh_token)).size).toBe(6);
    const claims = chain.map(({ access_token }) => decodeJwt(access_token));
    for (const name of ['sub', 'sid', 'org_id', 'scope', 'client_id', 'aud'])
      expect(new Set(claims.map((one) => one[name])).size).toBe(1);
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(6);
    expect(await server.query('SELECT generation FROM grants WHERE id = $1', [claims[0]!['sid']])).toEqual([
      { generation: 6 },
    ]);
  });

  it('F2 used again after the grace window: the grant ends', async () => {
    const client = registered.again();
    const first = await client.connect(person);
    const second = await refreshed(client, first.refresh_token);
    server.clock.advance(GRACE + 1);
    expectError(await client.refresh(first.refresh_token), 'invalid_grant');
    await expectDead(client, second);
    expect(
      await server.query('SELECT revoked_because FROM grants WHERE id = $1', [decodeJwt(first.access_token)['sid']]),
    ).toEqual([{ revoked_because: 'refresh_reused' }]);
    expect(
      await server.query(
        `SELECT 1 AS one FROM audit_events WHERE action = 'grant.revoked' AND detail->>'because' = 'refresh_reused'`,
      ),
    ).not.toEqual([]);
  });

  it('F3 retried within the window: the very same successor', async () => {
    const client = registered.again();
    const first = await client.connect(person);
    const second = await refreshed(client, first.refresh_token);
    server.clock.advance(GRACE - 2);
    const retried = await refreshed(client, first.refresh_token);
    expect(retried.refresh_token).toBe(second.refresh_token);
    expect((await callMcp(server.origin, retried.access_token)).status).toBe(200);
  });

  it.each(['F4', 'F5'])('%s the predecessor of the predecessor, within the window: the grant ends', async () => {
    const client = registered.again();
    const first = await client.connect(person);
    const second = await refreshed(client, first.refresh_token);
    const third = await refreshed(client, second.refresh_token);
    expectError(await client.refresh(first.refresh_token), 'invalid_grant');
    await expectDead(client, third);
  });

  it('F7 another client, no client, no secret: refused, and still good for its own', async () => {
    const confidential = await OAuthClient.register(server.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    const other = await OAuthClient.register(server.origin, { client_name: 'Other' });
    const tokens = await confidential.connect(person);
    expectError(await other.refresh(tokens.refresh_token), 'invalid_grant');
    expectError(await confidential.refresh(tokens.refresh_token, { client_id: undefined }), 'invalid_request');
    expectError(await confidential.refresh(tokens.refresh_token, { client_secret: undefined }), 'invalid_client', 401);
    await refreshed(confidential, tokens.refresh_token);
  });

  it('F8 the window is for the same client and for what was granted', async () => {
    const client = registered.again();
    const other = await OAuthClient.register(server.origin, { client_name: 'Other' });
    const first = await client.connect(person, { parameters: { scope: 'projects:read' } });
    const second = await refreshed(client, first.refresh_token);
    expectError(await other.refresh(first.refresh_token), 'invalid_grant');
    expectError(await client.refresh(first.refresh_token, { scope: 'projects:write' }), 'invalid_scope');
    expectError(await client.refresh(first.refresh_token, { resource: 'https://other.example/mcp' }), 'invalid_target');
    await refreshed(client, second.refresh_token);
  });

  it('F9 widening is refused and does not rotate; narrowing is for one access token', async () => {
    const client = registered.again();
    const first = await client.connect(person, { parameters: { scope: 'organization:read projects:read' } });
    expectError(await client.refresh(first.refresh_token, { scope: 'projects:read projects:write' }), 'invalid_scope');
    expectError(await client.refresh(first.refresh_token, { scope: 'admin' }), 'invalid_scope');
    expectError(await client.refresh(first.refresh_token, { resource: 'https://other.example/' }), 'invalid_target');
    const narrowed = await client.refresh(first.refresh_token, { scope: 'projects:read' });
    expect(narrowed.json).toMatchObject({ scope: 'projects:read' });
    const whole = await refreshed(client, String(narrowed.json['refresh_token']));
    expect(whole.scope).toBe('organization:read projects:read');
    expect(decodeJwt(whole.access_token)['sid']).toBe(decodeJwt(first.access_token)['sid']);
  });

  it.each([
    ['the person is disabled', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
    ['the person left the organization', 'DELETE FROM memberships WHERE user_id = $1'],
    [
      'the client is blocked',
      'UPDATE clients SET blocked_at = now() WHERE id IN (SELECT client_id FROM grants WHERE user_id = $1)',
    ],
    [
      'the connection is ended',
      `UPDATE grants SET revoked_at = now(), revoked_because = 'disconnected' WHERE user_id = $1`,
    ],
  ])('F10 after %s', async (what, change) => {
    const somebody = await addPerson(server.app, `${what.replaceAll(' ', '-')}@example.com`);
    const client = await OAuthClient.register(server.origin, { client_name: what });
    const tokens = await client.connect(somebody);
    await server.query(change, [somebody.id]);
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
  });

  it('F10 after a lower role: less scope, at once', async () => {
    const somebody = await addPerson(server.app, 'demoted@example.com');
    const client = registered.again();
    const tokens = await client.connect(somebody);
    expect(tokens.scope).toContain('projects:write');
    await server.query(`UPDATE memberships SET role = 'member' WHERE user_id = $1`, [somebody.id]);
    const less = await refreshed(client, tokens.refresh_token);
    expect(less.scope).toBe('organization:read projects:read');
    const called = await callMcp(server.origin, tokens.access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: 'X' },
    });
    expect(called.json).toMatchObject({ result: { isError: true } });
  });

  it('F13 thirty days after the last use, and not a second more', async () => {
    const client = registered.again();
    const first = await client.connect(person);
    server.clock.advance(LIFETIME - 5);
    const second = await refreshed(client, first.refresh_token);
    server.clock.advance(LIFETIME - 5);
    const third = await refreshed(client, second.refresh_token);
    server.clock.advance(LIFETIME + 1);
    expectError(await client.refresh(third.refresh_token), 'invalid_grant');
  });

  it('F14 a refresh token opens nothing, an access token refreshes nothing, and one changed character is another token', async () => {
    const client = registered.again();
    const tokens = await client.connect(person);
    const token = tokens.refresh_token;
    expectChallenge(await callMcp(server.origin, token), server.origin, 'invalid_token');
    const last = token.at(-1)!;
    const changed = [
      token.slice(0, -1),
      `${token}A`,
      ` ${token}`,
      `${token} `,
      token.toLowerCase(),
      token.slice(0, -1) + (last === 'A' ? 'B' : 'A'),
      `${token}=`,
    ];
    for (const wrong of [...changed, tokens.access_token]) expectError(await client.refresh(wrong), 'invalid_grant');
    await refreshed(client, token);
  });

  it('F15 stays with its organization, whichever the person looks at', async () => {
    const client = registered.again();
    const tokens = await client.connect(person);
    const other = await addPerson(server.app, 'bob@example.com', { organization: 'Other' });
    await server.query(
      `INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, 'owner', now())`,
      [person.id, other.organizationId],
    );
    await server.query('UPDATE sessions SET organization_id = $1 WHERE user_id = $2', [
      other.organizationId,
      person.id,
    ]);
    expect(decodeJwt((await refreshed(client, tokens.refresh_token)).access_token)['org_id']).toBe(
      person.organizationId,
    );
    await server.query('DELETE FROM memberships WHERE user_id = $1 AND organization_id = $2', [
      person.id,
      other.organizationId,
    ]);
  });

  it('F17 the new pair works at once', async () => {
    const client = registered.again();
    const second = await refreshed(client, (await client.connect(person)).refresh_token);
    expect((await callMcp(server.origin, second.access_token)).status).toBe(200);
    await refreshed(client, second.refresh_token);
  });
});

describe('F3: a strict server', () => {
  it('knows no window', async () => {
    const server = await startServer({ database: 'postgres', variables: { REFRESH_GRACE: '0' } });
    try {
      const person = await addPerson(server.app, 'ann@example.com');
      const client = await OAuthClient.register(server.origin);
      const first = await client.connect(person);
      expect((await client.refresh(first.refresh_token)).status).toBe(200);
      expectError(await client.refresh(first.refresh_token), 'invalid_grant');
    } finally {
      await server.close();
    }
  });
});
