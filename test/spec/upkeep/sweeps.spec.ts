import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Recorder } from '../../../src/recorder/recorder.service.js';
import { Sweeper } from '../../../src/upkeep/sweeper.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';
import { DAY, sweep } from '../../support/sweeping.js';
import { enter } from '../../support/walked.js';

describe.each(BOTH_DATABASES)('what is over is removed, on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    ann = await addPerson(server.app, 'ann@example.com');
  });
  afterAll(() => server?.close());

  const ago = (seconds: number) => new Date(server.clock.now().getTime() - seconds * 1000);
  const removedOf = async (table: string) =>
    (
      await server.query<{ removed: number; all: number }>(
        'SELECT removed, removed_in_all::integer AS all FROM sweeps WHERE table_name = $1',
        [table],
      )
    )[0];

  it('sessions of people who never came back, a day after they ended; nobody else is logged out', async () => {
    const browser = await enter(server, ann);
    const add = (mark: string, ended: number) =>
      server.query(
        `INSERT INTO sessions (id_hash, user_id, created_at, last_seen_at, expires_at, address, user_agent)
         VALUES (sha256(convert_to($1, 'UTF8')), $2, $3, $3, $3, '::1', $1)`,
        [mark, ann.id, ago(ended)],
      );
    await add('long ago', 2 * DAY);
    await add('of late', DAY / 2);
    await sweep(server);
    expect(await server.query(`SELECT user_agent FROM sessions WHERE address = '::1'`)).toEqual([
      { user_agent: 'of late' },
    ]);
    expect((await browser.get(`${server.origin}/console`)).url).toBe(`${server.origin}/console`);
    expect(await removedOf('sessions')).toEqual({ removed: 1, all: 1 });
  });

  it('nothing, by a node whose clock is wrong; then what is over', async () => {
    const left = async () => (await server.query(`SELECT 1 FROM rate_limits WHERE key = 'live'`)).length;
    const soon = server.clock.now().getTime() + 3 * 3_600_000;
    await server.query(`INSERT INTO rate_limits (key, points, expire) VALUES ('live', 1, $1)`, [soon]);
    const logged = watch.logged.length;
    for (const wrong of [DAY, -DAY, DAY]) {
      server.clock.goWrong(wrong);
      await server.app.get(Sweeper, { strict: false }).tick();
    }
    expect(await left()).toBe(1);
    expect(watch.logged.slice(logged).filter((line) => line.includes('Nothing is swept'))).toHaveLength(1);
    server.clock.goWrong(0);
    server.clock.advance(DAY);
    await server.app.get(Sweeper, { strict: false }).tick();
    expect(await left()).toBe(0);
  });

  it('invitations, thirty days after they are over', async () => {
    const add = (email: string, ended: number) =>
      server.query(
        `INSERT INTO invitations (organization_id, email, role, invited_by, created_at, expires_at) VALUES ($1, $2, 'member', $3, $4, $4)`,
        [ann.organizationId, email, ann.id, ago(ended)],
      );
    await add('open@example.com', -DAY);
    await add('late@example.com', 29 * DAY);
    await add('over@example.com', 31 * DAY);
    await sweep(server);
    expect(await server.query('SELECT email FROM invitations ORDER BY email')).toEqual([
      { email: 'late@example.com' },
      { email: 'open@example.com' },
    ]);
  });

  it('requests for tools, thirty days after they were answered or could not be any more', async () => {
    const add = (mark: string, asked: number, answered: number | null) =>
      server.query(
        `INSERT INTO access_requests (user_id, organization_id, client_id, digest, identity, redirect_uri, resource, scopes, reason, asked_at, answered_at, answer)
         VALUES ($1, $2, $3, sha256(convert_to($3, 'UTF8')), 'self-asserted', 'http://127.0.0.1/cb', 'r', '{}', $3, $4, $5, CASE WHEN $5::timestamptz IS NOT NULL THEN 'refused' END)`,
        [ann.id, ann.organizationId, mark, ago(asked), answered === null ? null : ago(answered)],
      );
    await add('open', 29 * DAY, null);
    await add('over of late', 59 * DAY, null);
    await add('over', 61 * DAY, null);
    await add('answered of late', 58 * DAY, 29 * DAY);
    await add('answered', 32 * DAY, 31 * DAY);
    await sweep(server);
    expect(await server.query('SELECT reason FROM access_requests ORDER BY reason')).toEqual([
      { reason: 'answered of late' },
      { reason: 'open' },
      { reason: 'over of late' },
    ]);
    expect(await removedOf('access_requests')).toEqual({ removed: 2, all: 2 });
  });

  it('counters of wrong passwords that are over; those that count go on', async () => {
    const at = (seconds: number) => server.clock.now().getTime() + seconds * 1000;
    for (const [key, expire] of [
      ['over', at(-2 * 3_600)],
      ['counts', at(2 * 3_600)],
      ['for good', null],
    ])
      await server.query('INSERT INTO rate_limits (key, points, expire) VALUES ($1, 3, $2)', [key, expire]);
    await sweep(server);
    expect(await server.query('SELECT key FROM rate_limits ORDER BY key')).toEqual([
      { key: 'counts' },
      { key: 'for good' },
    ]);
  });

  it('denied requests, when nobody can answer them again', async () => {
    for (const seconds of [2 * 3_600, -2 * 3_600])
      await server.query('INSERT INTO denied_requests (request_id, expires_at) VALUES (gen_random_uuid(), $1)', [
        ago(seconds),
      ]);
    await sweep(server);
    const left = await server.query<{ expires_at: Date }>('SELECT expires_at FROM denied_requests');
    expect(left.map(({ expires_at }) => expires_at > server.clock.now())).toEqual([true]);
  });

  it('steps of attempts after seven days', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(ann);
    await callMcp(server.origin, tokens.access_token);
    await server.app.get(Recorder, { strict: false }).flush();
    await server.query(`UPDATE attempt_steps SET at = $1 WHERE kind = 'approval'`, [ago(8 * DAY)]);
    const kinds = () => server.query<{ kind: string }>('SELECT DISTINCT kind FROM attempt_steps ORDER BY kind');
    const before = await kinds();
    expect(before).toContainEqual({ kind: 'approval' });
    await sweep(server);
    expect(await kinds()).toEqual(before.filter(({ kind }) => kind !== 'approval'));
  });

  it('hours and days of use older than ninety days, more than a step takes', async () => {
    await server.query(
      `INSERT INTO connection_hours SELECT gen_random_uuid(), $1::timestamptz - n * interval '1 hour', $2, 1, 0, '{}', '{}' FROM generate_series(1, 5999) n`,
      [ago(90 * DAY), ann.organizationId],
    );
    await server.query(
      `INSERT INTO usage_days SELECT $2, 'organization', $1::date - n, '', 1, 0 FROM generate_series(1, 6000) n`,
      [ago(91 * DAY), ann.organizationId],
    );
    await server.query(`INSERT INTO connection_hours VALUES (gen_random_uuid(), $1, $2, 1, 0, '{}', '{}')`, [
      ago(89 * DAY),
      ann.organizationId,
    ]);
    await sweep(server);
    expect(await server.query('SELECT calls FROM connection_hours WHERE hour < $1', [ago(88 * DAY)])).toEqual([
      { calls: 1 },
    ]);
    expect(await server.query('SELECT 1 FROM usage_days WHERE day < $1::date', [ago(91 * DAY)])).toEqual([]);
    expect(await removedOf('connection_hours')).toEqual({ removed: 5_999, all: 5_999 });
  });

  it('not again within the hour; and a turn that finds nothing says so, beside what was removed before', async () => {
    const ran = () => server.query('SELECT table_name, ran_at FROM sweeps ORDER BY table_name');
    const before = await ran();
    server.clock.advance(-3_601 + 1_800);
    await sweep(server);
    expect(await ran()).toEqual(before);
    await sweep(server);
    expect(await removedOf('connection_hours')).toEqual({ removed: 0, all: 5_999 });
  });

  it('one table that cannot be swept leaves the others to be', async () => {
    await server.query('ALTER TABLE denied_requests RENAME TO elsewhere');
    const [before] = await server.query<{ ran_at: Date }>(`SELECT ran_at FROM sweeps WHERE table_name = 'usage_days'`);
    await sweep(server);
    await server.query('ALTER TABLE elsewhere RENAME TO denied_requests');
    const [after] = await server.query<{ ran_at: Date }>(`SELECT ran_at FROM sweeps WHERE table_name = 'usage_days'`);
    expect(after!.ran_at.getTime()).toBeGreaterThan(before!.ran_at.getTime());
  });
});
