import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Revocations } from '../../../src/grants/revocations.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { eventually } from '../../support/eventually.js';
import { callMcp, OAuthClient, postForm, type Tokens } from '../../support/oauth-client.js';
import { expectChallenge, expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('token revocation (RFC 7009), on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let registered: OAuthClient;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    registered = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());

  const expectDead = async (client: OAuthClient, tokens: Tokens) => {
    expectChallenge(await callMcp(server.origin, tokens.access_token), server.origin, 'invalid_token');
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
  };
  const expectAlive = async (client: OAuthClient, tokens: Tokens) => {
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  };

  it.each(['access_token', 'refresh_token'] as const)('U1 U2 the %s ends the grant', async (which) => {
    const client = registered.again();
    const tokens = await client.connect(person);
    const answer = await client.revoke(tokens[which]);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    await expectDead(client, tokens);
  });

  it('U3 another client revokes nothing, and is told nothing', async () => {
    const client = registered.again();
    const other = await OAuthClient.register(server.origin, { client_name: 'Other' });
    const tokens = await client.connect(person);
    for (const token of [tokens.access_token, tokens.refresh_token])
      expect((await other.revoke(token)).status).toBe(200);
    await expectAlive(client, tokens);
  });

  it('U4 what is no token of ours: 200', async () => {
    for (const token of ['x', 'a.b.c', 'A'.repeat(112), '💥'])
      expect((await registered.revoke(token)).status).toBe(200);
  });

  it('U5 the hint is a hint', async () => {
    const client = registered.again();
    const [first, second] = [await client.connect(person), await client.again().connect(person)];
    await client.revoke(first.refresh_token, { token_type_hint: 'access_token' });
    await client.revoke(second.refresh_token, { token_type_hint: 'nonsense' });
    await expectDead(client, first);
    await expectDead(client, second);
  });

  it('U6 no token: invalid_request; no client: invalid_request; an unknown one: invalid_client', async () => {
    const { client_id } = registered.registered;
    expectError(await postForm(`${server.origin}/mcp/oauth/revoke`, { client_id }), 'invalid_request');
    expectError(await postForm(`${server.origin}/mcp/oauth/revoke`, { token: 'x' }), 'invalid_request');
    expectError(
      await postForm(`${server.origin}/mcp/oauth/revoke`, { token: 'x', client_id: 'nobody' }),
      'invalid_client',
      401,
    );
  });

  it('M12 a confidential client must authenticate', async () => {
    const client = await OAuthClient.register(server.origin, { token_endpoint_auth_method: 'client_secret_post' });
    const tokens = await client.connect(person);
    expectError(await client.revoke(tokens.refresh_token, { client_secret: undefined }), 'invalid_client', 401);
    await expectAlive(client, tokens);
  });

  it('U7 eight times at once: 200 each', async () => {
    const client = registered.again();
    const tokens = await client.connect(person);
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.revoke(tokens.refresh_token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await expectDead(client, tokens);
  });

  it('one that is seen minutes after its time, since its transaction took long, is known within a minute', async () => {
    const tokens = await registered.again().connect(person);
    const late = new Date(server.clock.now().getTime() - 120_000);
    await server.query(`UPDATE grants SET revoked_at = $2, revoked_because = 'disconnected' WHERE id = $1`, [
      decodeJwt(tokens.access_token)['sid'],
      late,
    ]);
    server.clock.advance(61);
    const [revocations, at] = [server.app.get(Revocations, { strict: false }), server.clock.now()];
    await eventually(async () => expect(revocations.asOf >= at).toBe(true));
    expectChallenge(await callMcp(server.origin, tokens.access_token), server.origin, 'invalid_token');
  });

  it('L8 a clock that runs hours ahead and is set back: what was revoked is not believed again', async () => {
    const client = registered.again();
    const tokens = await client.connect(person);
    await client.revoke(tokens.refresh_token);
    const revocations = server.app.get(Revocations, { strict: false });
    const refreshed = async () => {
      const at = server.clock.now();
      await eventually(async () => expect(revocations.asOf >= at).toBe(true));
    };
    server.clock.advance(7_500);
    await refreshed();
    server.clock.advance(-7_500);
    await expectDead(client, tokens);
    await eventually(async () => expect(revocations.asOf <= server.clock.now()).toBe(true));
    await expectDead(client, tokens);
    await refreshed();
    await expectDead(client, tokens);
  });

  it('U8 a token that was rotated away still names its grant', async () => {
    const client = registered.again();
    const first = await client.connect(person);
    const second = (await client.refresh(first.refresh_token)).json as unknown as Tokens;
    await client.revoke(first.refresh_token);
    await expectDead(client, second);
  });

  it('ends one connection, not the others of the same tool and person', async () => {
    const client = registered.again();
    const [first, second] = [await client.connect(person), await client.again().connect(person)];
    await client.revoke(first.access_token);
    await expectDead(client, first);
    await expectAlive(client, second);
  });

  it('an expired access token still names its grant', async () => {
    const client = registered.again();
    const tokens = await client.connect(person);
    server.clock.advance(3601);
    expect((await client.revoke(tokens.access_token)).status).toBe(200);
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
  });
});
