import { createHash, randomBytes } from 'node:crypto';
import { Client } from 'undici';
import { EMAIL, REDIRECT_URI } from './contestants/contestant.mjs';
import { HOLDER, ours } from './contestants/ours.mjs';
import { listPages, logIn, timePages } from './console-pages.mjs';
import { query, startDatabase } from './database.mjs';
import { CONNECTIONS, load, sender } from './load.mjs';
import { BESIDE, pin } from './processes.mjs';
import { report, table } from './report.mjs';
import { workloads } from './workloads.mjs';

/*
 * `npm run bench:grants`: refresh and exchange with an empty table, then with ten million grants in it, each of them
 * refreshed where it lies; which indexes were used; the query of the revocation list; and the pages of an organization
 * that has a hundred thousand of them. BENCH_GRANTS (10,000,000) sets how many.
 */

const GRANTS = Number(process.env['BENCH_GRANTS'] ?? 10_000_000);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10);
const EACH = 50;
const AN_ORGANIZATION = 100_000;
const AT_ONCE = 500_000;
const SAMPLE = 200_000;

// Of the build, which is not there when this is checked.
const built = (/** @type {string} */ file) => import(new URL(`../build/${file}`, import.meta.url).href);
const { RefreshTokens } = await built('grants/refresh-tokens.js');
const { OVERLAP_MS } = await built('grants/revocations.service.js');
const { REVOKED_SINCE } = await built('database/repositories/grants.statements.js');
const { Clock } = await built('config/clock.js');
const { Sealing } = await built('sealing/sealing.service.js');

/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [];
pin(process.pid, BESIDE);
const database = await startDatabase({
  shared_buffers: '2GB',
  max_wal_size: '16GB',
  maintenance_work_mem: '1GB',
  checkpoint_timeout: '30min',
});
running.push(database.stop);

try {
  const contestant = await ours(await database.create('server'), { filler: 0 });
  const url = contestant.databaseUrl;
  const secret = randomBytes(32);
  const tokens = new RefreshTokens(new Sealing([String(contestant.variables['SECRETS'])], new Clock()));
  const server = await contestant.start();
  running.push(server.stop);

  await addGrants(url, 50_000, 0);
  const small = await measure(50_000);
  await addGrants(url, GRANTS, 50_000);
  const large = await measure(GRANTS);
  const [organization] = await query(
    url,
    `SELECT organization_id AS id FROM memberships m JOIN users u ON u.id = user_id WHERE email = $1`,
    [EMAIL],
  );
  // Nobody has as many connections as were exchanged here.
  await query(url, 'DELETE FROM grants USING users u WHERE u.id = user_id AND u.email = $1', [HOLDER]);
  await query(url, 'VACUUM (ANALYZE)');
  const pages = await timePages(contestant.origin, listPages(organization.id), await logIn(contestant.origin), 10);
  const [size] = await query(
    url,
    `SELECT pg_relation_size('grants') / reltuples AS row, pg_total_relation_size('grants') / reltuples AS total FROM pg_class WHERE oid = 'grants'::regclass`,
  );
  const bytes = { row: Number(size.row), total: Number(size.total) };
  const result = { grants: GRANTS, small, large, bytes, revocationList: await revocationList(), pages };
  report('grants', result, textOf(result));

  /**
   * Latencies of refreshing grants that lie anywhere in the table, and of exchanging codes.
   * @param {number} rows
   */
  async function measure(rows) {
    await query(url, 'VACUUM (ANALYZE) grants');
    const share = Math.min(100, (SAMPLE / rows) * 100);
    const sample = await query(
      url,
      `SELECT id, generation FROM grants TABLESAMPLE BERNOULLI (${share}) WHERE secret_hash = $1 AND revoked_at IS NULL ORDER BY random()`,
      [hash(secret)],
    );
    const client = new Client(contestant.origin);
    const { exchange } = await workloads(contestant, sender(client), { codes: 60_000, connections: CONNECTIONS });
    await client.close();
    await query(url, 'ANALYZE grants');
    const refreshing = async (/** @type {import('./load.mjs').Send} */ send) => {
      const next = sample.pop();
      if (!next) return false;
      const { status, body } = await send(
        contestant.refresh(tokens.write({ grantId: next.id, generation: next.generation, secret })),
      );
      if (status !== 200) throw new Error(`${status} ${body}`);
      return true;
    };
    await load(contestant.origin, 2, refreshing);
    await load(contestant.origin, 1, /** @type {any} */ (exchange).operation);
    const before = await scans();
    const refreshed = await load(contestant.origin, SECONDS, refreshing);
    const exchanged = await load(contestant.origin, SECONDS / 2, /** @type {any} */ (exchange).operation);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const after = await scans();
    return {
      rows,
      refresh: { rate: refreshed.operations / refreshed.seconds, p50: refreshed.p50, p99: refreshed.p99 },
      exchange: { rate: exchanged.operations / exchanged.seconds, p50: exchanged.p50, p99: exchanged.p99 },
      sequentialScans: after.sequential - before.sequential,
      indexScans: Object.fromEntries(
        Object.entries(after.indexes)
          .map(([name, count]) => [name, count - (before.indexes[name] ?? 0)])
          .filter(([, count]) => Number(count) > 0),
      ),
    };
  }

  /** Sequential scans of grants, and scans of each of its indexes, so far. @returns {Promise<{ sequential: number, indexes: Record<string, number> }>} */
  async function scans() {
    const [{ seq_scan }] = await query(url, `SELECT seq_scan::int FROM pg_stat_user_tables WHERE relname = 'grants'`);
    const indexes = await query(
      url,
      `SELECT indexrelname AS name, idx_scan::int AS scans FROM pg_stat_user_indexes WHERE relname = 'grants'`,
    );
    return {
      sequential: seq_scan,
      indexes: Object.fromEntries(indexes.map(({ name, scans: count }) => [name, count])),
    };
  }

  /** What each node asks twice a second, at a moment when a thousand were revoked: milliseconds. */
  async function revocationList() {
    await query(
      url,
      `UPDATE grants SET revoked_at = now(), revoked_because = 'disconnected' WHERE id IN (SELECT id FROM grants TABLESAMPLE SYSTEM (1) WHERE revoked_at IS NULL LIMIT 1000)`,
    );
    const took = [];
    for (let round = 0; round < 20; round++) {
      const [row] = await query(url, `EXPLAIN (ANALYZE, FORMAT JSON) ${REVOKED_SINCE.text}`, [
        new Date(Date.now() - OVERLAP_MS),
      ]);
      took.push(row['QUERY PLAN'][0]['Execution Time']);
    }
    return took.toSorted((a, b) => a - b)[10];
  }

  /**
   * Connections of people with fifty each, a hundred thousand to an organization, a twentieth of them ended, approved and
   * used over the last thirty days; the first organization is the one of the person who is measured.
   * @param {string} at
   * @param {number} upTo
   * @param {number} from
   */
  async function addGrants(at, upTo, from) {
    await query(
      at,
      `INSERT INTO users (email, name, password_hash, created_at)
       SELECT 'p' || n || '@example.com', 'Person ' || n, '', now() FROM generate_series($1::int, $2::int) n`,
      [from / EACH + 1, upTo / EACH],
    );
    await query(
      at,
      `INSERT INTO organizations (name, created_at) SELECT 'Organization ' || n, now() FROM generate_series($1::int, $2::int) n`,
      [Math.max(1, Math.ceil(from / AN_ORGANIZATION)), Math.ceil(upTo / AN_ORGANIZATION) - 1],
    );
    await query(
      at,
      `WITH places AS (SELECT id, row_number() OVER (ORDER BY created_at, id) - 1 AS place FROM organizations)
       INSERT INTO memberships (user_id, organization_id, role, created_at)
       SELECT u.id, p.id, 'member', now()
         FROM (SELECT id, substring(email from 2 for position('@' in email) - 2)::int AS n FROM users WHERE email LIKE 'p%@example.com') u
         JOIN places p ON p.place = (u.n - 1) * ${EACH} / ${AN_ORGANIZATION}
        WHERE u.n > $1 ON CONFLICT DO NOTHING`,
      [from / EACH],
    );
    await query(at, 'ANALYZE');
    const restore = upTo - from > AT_ONCE ? await withoutIndexes(at) : async () => undefined;
    for (let begin = from; begin < upTo; begin += AT_ONCE) {
      process.stderr.write(`\r${begin} of ${upTo} grants`);
      await query(
        at,
        `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash, code_challenge, redirect_uri, code_expires_at, code_used_at, rotated_at, last_used_at, expires_at, generation, secret_hash, revoked_at, revoked_because)
         SELECT gen_random_uuid(), u.id, m.organization_id, $1, $2, '{organization:read,projects:read,projects:write}', true, t.at, sha256(gen_random_uuid()::text::bytea), '', $3, t.at, t.at, t.at, t.at, now() + interval '30 days', 1, $4,
                CASE WHEN s % 20 = 0 THEN t.at END, CASE WHEN s % 20 = 0 THEN 'disconnected' END
           FROM (SELECT id, substring(email from 2 for position('@' in email) - 2)::int AS n FROM users WHERE email LIKE 'p%@example.com') u
           JOIN memberships m ON m.user_id = u.id, generate_series(1, ${EACH}) s,
                LATERAL (SELECT now() - random() * interval '30 days' AS at) t
          WHERE u.n > $5 AND u.n <= $6`,
        [
          contestant.client,
          `${contestant.origin}/mcp`,
          REDIRECT_URI,
          hash(secret),
          begin / EACH,
          Math.min(begin + AT_ONCE, upTo) / EACH,
        ],
      );
    }
    process.stderr.write('\rbuilding indexes'.padEnd(50));
    await restore();
    process.stderr.write('\r'.padEnd(50) + '\r');
  }
} finally {
  for (const stop of running.toReversed()) await stop();
}

/** Takes the indexes and constraints of grants away while it is filled. @param {string} url @returns {Promise<() => Promise<void>>} puts them back */
async function withoutIndexes(url) {
  const constraints = await query(
    url,
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conrelid = 'grants'::regclass AND contype IN ('u', 'f')`,
  );
  for (const { name } of constraints) await query(url, `ALTER TABLE grants DROP CONSTRAINT "${name}"`);
  const indexes = await query(
    url,
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = 'grants'::regclass AND NOT indisprimary`,
  );
  for (const { name } of indexes) await query(url, `DROP INDEX ${name}`);
  return async () => {
    for (const { definition } of indexes) await query(url, definition);
    for (const { name, definition } of constraints)
      await query(url, `ALTER TABLE grants ADD CONSTRAINT "${name}" ${definition}`);
  };
}

/** @param {any} result */
function textOf({ grants, small, large, bytes, revocationList: list, pages }) {
  const row = (/** @type {any} */ one, /** @type {'refresh' | 'exchange'} */ what) => [
    what,
    String(one.rows),
    String(Math.round(one[what].rate)),
    one[what].p50.toFixed(1),
    one[what].p99.toFixed(1),
    (one[what].p99 / small[what].p99).toFixed(2),
  ];
  return [
    table(
      ['Workload', 'Grants', 'ops/s', 'p50 ms', 'p99 ms', 'p99 × small'],
      [row(small, 'refresh'), row(large, 'refresh'), row(small, 'exchange'), row(large, 'exchange')],
    ),
    `Sequential scans of ${grants} grants meanwhile: ${large.sequentialScans}. Index scans: ${JSON.stringify(large.indexScans)}. The query of the revocation list: ${list.toFixed(2)} ms. A grant takes ${bytes.row.toFixed(0)} bytes, with its indexes ${bytes.total.toFixed(0)}.`,
    table(
      ['Page of an organization with 100,000 connections', 'p50 ms', 'p95 ms'],
      pages.map((/** @type {any} */ one) => [one.page, one.p50.toFixed(1), one.p95.toFixed(1)]),
    ),
  ].join('\n\n');
}

/** @param {Buffer} secret */
function hash(secret) {
  return createHash('sha256').update(secret).digest();
}
