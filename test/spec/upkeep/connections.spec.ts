import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { BOTH_DATABASES } from '../../support/databases.js';
import { textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { DAY, endedLike, KEPT, sweep } from '../../support/sweeping.js';
import { enter } from '../../support/walked.js';

const sidOf = ({ access_token }: Tokens) => decodeJwt(access_token)['sid'] as string;

describe.each(BOTH_DATABASES)('connections that ended long ago are removed, on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  let client: OAuthClient;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  });
  afterAll(() => server?.close());

  const there = async (ids: readonly string[]) =>
    (await server.query<{ id: string }>('SELECT id FROM grants WHERE id = ANY ($1)', [ids])).map(({ id }) => id);
  const refreshed = async (tokens: Tokens) => (await client.refresh(tokens.refresh_token)).json as unknown as Tokens;

  it('and no other: live, idle, approved and not yet exchanged, ended of late, each stays', async () => {
    const live = await client.again().connect(ann);
    await callMcp(server.origin, live.access_token);
    const code = await client.again().code(ann);
    const kept = [
      ...(await endedLike(server, sidOf(live), { ago: KEPT - DAY })),
      ...(await endedLike(server, sidOf(live), { ago: KEPT - DAY, revoked: true })),
      // What counts is when it ended, not when it would have.
      ...(await endedLike(server, sidOf(live), { ago: 60, revoked: true })),
      ...(await endedLike(server, sidOf(live), { ago: -29 * DAY })),
    ];
    const gone = [
      ...(await endedLike(server, sidOf(live), { ago: KEPT + DAY })),
      ...(await endedLike(server, sidOf(live), { ago: KEPT + DAY, revoked: true })),
    ];
    for (const id of [...kept, ...gone])
      await server.query(`INSERT INTO connection_uses VALUES ($1, $2, $3, '')`, [
        id,
        ann.organizationId,
        server.clock.now(),
      ]);
    const before = (await server.query('SELECT 1 FROM grants')).length;
    await sweep(server);
    expect((await there([...kept, ...gone])).toSorted()).toEqual(kept.toSorted());
    expect(await server.query('SELECT 1 FROM grants')).toHaveLength(before - gone.length);
    expect(await server.query('SELECT 1 FROM connection_uses WHERE grant_id = ANY ($1)', [gone])).toEqual([]);
    expect(await server.query('SELECT 1 FROM connection_uses WHERE grant_id = ANY ($1)', [kept])).toHaveLength(4);
    const again = await refreshed(live);
    expect((await callMcp(server.origin, again.access_token)).status).toBe(200);
    expect(code).toEqual(expect.any(String));
  });

  it('F18 a refresh token used twice after a sweep still ends its connection', async () => {
    const first = await client.again().connect(ann);
    const second = await refreshed(first);
    const third = await refreshed(second);
    await sweep(server);
    expect((await client.refresh(first.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    expect((await client.refresh(third.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    await sweep(server);
    expect(await server.query('SELECT revoked_because FROM grants WHERE id = $1', [sidOf(first)])).toEqual([
      { revoked_because: 'refresh_reused' },
    ]);
  });

  it('their tokens are as dead as before, and answered alike', async () => {
    const tokens = await client.again().connect(ann);
    await client.revoke(tokens.refresh_token);
    const before = (await client.refresh(tokens.refresh_token)).json;
    server.clock.advance(KEPT + DAY);
    await sweep(server);
    expect(await there([sidOf(tokens)])).toEqual([]);
    const after = await client.refresh(tokens.refresh_token);
    expect([after.status, after.json['error']]).toEqual([400, before['error']]);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
  });

  it('the log stays, whole: it names their tool, and finds them by it', async () => {
    const tokens = await client.again().connect(ann);
    await client.revoke(tokens.refresh_token);
    await server.query('UPDATE users SET operator = true WHERE id = $1', [ann.id]);
    const log = async (query: string) =>
      textOf((await (await enter(server, ann)).get(`${server.origin}/console/operator/audit?${query}`)).html);
    const byConnection = `connection=${sidOf(tokens)}`;
    const [events] = await server.query('SELECT count(*)::int AS n FROM audit_events WHERE grant_id = $1', [
      sidOf(tokens),
    ]);
    server.clock.advance(KEPT + DAY);
    await sweep(server);
    expect(await there([sidOf(tokens)])).toEqual([]);
    expect(
      await server.query('SELECT count(*)::int AS n FROM audit_events WHERE grant_id = $1', [sidOf(tokens)]),
    ).toEqual([events]);
    expect(await log(byConnection)).toContain('Claude Code');
    expect(await log(`${byConnection}&tool=claude`)).toContain('Claude Code');
    expect(await log(`${byConnection}&tool=cursor`)).not.toContain('Claude Code');
  });
});

describe('how long they are kept', () => {
  it('is for the operator to say', async () => {
    const server = await startServer({ variables: { ENDED_CONNECTION_RETENTION: String(400 * DAY) } });
    try {
      const ann = await addPerson(server.app, 'ann@example.com');
      const tokens = await (await OAuthClient.register(server.origin)).connect(ann);
      const [kept] = await endedLike(server, sidOf(tokens), { ago: 399 * DAY });
      const [gone] = await endedLike(server, sidOf(tokens), { ago: 401 * DAY });
      await sweep(server);
      expect(await server.query('SELECT id FROM grants WHERE id = ANY ($1)', [[kept, gone]])).toEqual([{ id: kept }]);
    } finally {
      await server.close();
    }
  });
});
