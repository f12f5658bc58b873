import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Sweeps } from '../../../src/database/repositories/sweeps.repository.js';
import { Sweeper } from '../../../src/upkeep/sweeper.service.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';
import { anotherNode, DAY, endedLike, KEPT } from '../../support/sweeping.js';

describe('several nodes sweep one database', () => {
  let server: TestServer;
  let witness: Witness;
  let other: Awaited<ReturnType<typeof anotherNode>>;
  let grantId: string;
  beforeAll(async () => {
    server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
    witness = Witness.of(server.config.databaseUrl);
    other = await anotherNode(server);
    const ann = await addPerson(server.app, 'ann@example.com');
    const { access_token } = await (await OAuthClient.register(server.origin)).connect(ann);
    grantId = decodeJwt(access_token)['sid'] as string;
  });
  afterAll(async () => {
    await other?.close();
    await server?.close();
  });

  const over = (count: number) => endedLike(server, grantId, { count, ago: KEPT + DAY });
  const before = () => new Date(server.clock.now().getTime() - KEPT * 1000);
  const left = async () => (await server.query<{ n: number }>('SELECT count(*)::int AS n FROM grants'))[0]!.n;

  it('of two at once, one hears that the turn is its own', async () => {
    const own = server.app.get(Sweeps, { strict: false });
    const now = server.clock.now();
    const hourAgo = new Date(now.getTime() - 3_600_000);
    await own.claim('grants', hourAgo, hourAgo);
    const turns = await witness.releaseTogether(
      `SELECT 1 FROM sweeps WHERE table_name = 'grants' FOR UPDATE`,
      [],
      2,
      () => Promise.all([own.claim('grants', now, hourAgo), other.sweeps.claim('grants', now, hourAgo)]),
    );
    expect(turns.toSorted()).toEqual([false, true]);
  });

  it('what both would remove goes once, and is counted once', async () => {
    await over(20_000);
    server.clock.advance(3_601);
    await Promise.all([server.app.get(Sweeper, { strict: false }).tick(), other.sweeper.tick()]);
    expect(await left()).toBe(1);
    expect(await server.query('SELECT 1 FROM former_connections')).toHaveLength(20_000);
    expect(await server.query(`SELECT removed FROM sweeps WHERE table_name = 'grants'`)).toEqual([{ removed: 20_000 }]);
  });

  it('while another node is at it, a turn removes nothing and waits for nothing', async () => {
    await over(3);
    const lock = `SELECT pg_advisory_xact_lock(hashtextextended('sweep of grants', 0))`;
    await witness.whileHeld(lock, [], async () => {
      await other.sweeps.sweep('grants', before());
      expect(await left()).toBe(4);
    });
    await other.sweeps.sweep('grants', before());
    expect(await left()).toBe(1);
  });

  it('a row that somebody holds is left for the next turn, and nobody waits', async () => {
    const [held] = await over(2);
    await witness.whileHeld('SELECT 1 FROM grants WHERE id = $1 FOR UPDATE', [held], async () => {
      await other.sweeps.sweep('grants', before());
      expect(await server.query('SELECT id FROM grants WHERE id <> $1', [grantId])).toEqual([{ id: held }]);
    });
    await other.sweeps.sweep('grants', before());
    expect(await left()).toBe(1);
  });

  it('goes through pages, and reads the whole table by none of its steps', async () => {
    const plan = await server.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT ctid FROM grants WHERE ctid >= format('(%s,0)', 0)::tid AND ctid < format('(%s,0)', 1000)::tid`,
    );
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('Tid Range Scan on grants');
  });
});
