import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { Client } from 'undici';
import { databaseWork, query, startDatabase } from './database.mjs';
import { floor } from './contestants/floor.mjs';
import { oidcProvider } from './contestants/oidc-provider.mjs';
import { ours } from './contestants/ours.mjs';
import { sdk } from './contestants/sdk.mjs';
import { CONNECTIONS, load, sender } from './load.mjs';
import { BESIDE, cpuSeconds, memory, pin } from './processes.mjs';
import { prove } from './proof.mjs';
import { EMBEDDED, HASHING, report, summary, tables } from './report.mjs';
import { serverOn } from './server.mjs';
import { WORKLOADS, workloads } from './workloads.mjs';

/*
 * `npm run bench`: this server, its peers and the floor, in turn, in one run, on one PostgreSQL that is as durable as in
 * production. Ratios are what counts: machines are noisy. So the turns are short, and each is compared with those beside
 * it. Each workload has processes of its own: what an engine compiled for one is not measured with another.
 * BENCH_SECONDS (1) and BENCH_ROUNDS (3) set how long, BENCH_ONLY which workloads (by semicolon: two have a comma),
 * BENCH_PROFILE where Node's CPU profiles go.
 */

/** @typedef {import('./report.mjs').Turn} Turn */
/** @typedef {import('./contestants/contestant.mjs').Contestant} Contestant */
/**
 * A contestant, its process at the moment, what it held in memory when it was idle, the most that any of its processes
 * ever held, and what it took to start.
 * @typedef {{ contestant: Contestant, running: import('./processes.mjs').Running, idle: number, most: number, coldStart: number }} Measured
 */

/** Of a turn. */
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1);
/** Of each server at a workload, one after the other, in a round. */
const TURNS = 3;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const ONLY = process.env['BENCH_ONLY']?.split(';') ?? WORKLOADS;
const WARM_UP = 0.2;
/** Of a turn whose tokens were spent before it was over. */
const ENOUGH = 0.3;
/** Of all turns at a workload, in seconds. */
const LONG_ENOUGH = (SECONDS + WARM_UP) * TURNS * (1 + ROUNDS);
/** What the fastest could exchange in a second. */
const RATE = 7_000;
const STARTS = 3;
const HASHES = 8;
/** What all of them hash passwords at. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const SERVER_METADATA = '/.well-known/oauth-authorization-server/mcp';
const A_MONTH = { connections: 50, refreshes: 30 * 24 };

/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [];
pin(process.pid, BESIDE);
const database = await startDatabase();
running.push(database.stop);

try {
  /** @type {Measured[]} */
  const contestants = [];
  const all = [
    await ours(await database.create('server')),
    await floor(await database.create('floor')),
    await oidcProvider(await database.create('oidc_provider')),
    await sdk(),
  ];
  for (const contestant of all) {
    const begun = await coldStart(contestant);
    running.push(begun.running.stop);
    const { now: idle } = memory(begun.running.pid);
    const proven = await prove(contestant, begun.running);
    const one = { contestant, running: proven, idle, most: 0, coldStart: begun.milliseconds };
    running.push(() => one.running.stop());
    contestants.push(one);
  }
  const withoutPostgres = await embedded();
  const figures = await compare(contestants);
  const result = {
    seconds: SECONDS,
    turns: ROUNDS * TURNS,
    figures,
    processes: {
      ...Object.fromEntries(
        contestants.map(({ contestant: { name }, idle, most, coldStart: took }) => [
          name,
          { coldStart: took, memory: { idle, most } },
        ]),
      ),
      [EMBEDDED]: withoutPostgres,
    },
    month: await month(contestants[0]),
  };
  report('bench', result, tables(result));
} finally {
  for (const stop of running.toReversed()) await stop();
}

/**
 * Every workload at every contestant, in turn; who begins changes by the turn. The first round is not counted: until
 * then engines compile, pools fill and plans are made, for the larger servers much longer than for the floor.
 * @param {Measured[]} contestants
 */
async function compare(contestants) {
  const prepared = [];
  for (const one of contestants) {
    const { contestant } = one;
    const client = new Client(contestant.origin);
    const size = { codes: Math.ceil(LONG_ENOUGH * RATE), connections: CONNECTIONS };
    prepared.push({ one, all: await workloads(contestant, sender(client), size) });
    await client.close();
    if (contestant.databaseUrl) await query(contestant.databaseUrl, 'ANALYZE');
  }
  /** @type {Record<string, Record<string, import('./report.mjs').Summary>>} */
  const figures = {};
  for (const name of WORKLOADS.filter((one) => ONLY.includes(one))) {
    const those = prepared.flatMap(({ one, all }) => (all[name] ? [{ one, workload: all[name] }] : []));
    for (const { one, workload } of those) {
      await startAgain(one);
      if (workload.before) await load(one.contestant.origin, LONG_ENOUGH, workload.before);
    }
    /** @type {Record<string, Turn[]>} */
    const turns = {};
    for (let turn = 0; turn < TURNS * (1 + ROUNDS); turn++) {
      const counts = turn >= TURNS;
      const first = turn % those.length;
      for (const { one, workload } of [...those.slice(first), ...those.slice(0, first)]) {
        const {
          contestant,
          running: { pid },
        } = one;
        progress(
          `${name}: ${counts ? `turn ${turn - TURNS + 1} of ${TURNS * ROUNDS}` : 'warming up'}, ${contestant.name}`,
        );
        const figure = await measure(contestant, pid, workload);
        if (counts) (turns[contestant.name] ??= []).push(figure);
      }
      if (name === 'log-in flow' && counts) (turns[HASHING] ??= []).push(await hashing());
    }
    for (const { one } of those) one.most = Math.max(one.most, memory(one.running.pid).most);
    figures[name] = Object.fromEntries(Object.entries(turns).map(([who, all]) => [who, summary(all)]));
  }
  progress('');
  return figures;
}

/** In a new process. @param {Measured} one */
async function startAgain(one) {
  await one.running.stop();
  one.running = await one.contestant.start();
}

/** @param {string} text */
function progress(text) {
  process.stderr.write(`\r${text}`.padEnd(70) + (text ? '' : '\r'));
}

/**
 * @param {Contestant} contestant
 * @param {number} pid
 * @param {import('./workloads.mjs').Workload} workload
 * @returns {Promise<Turn>} undefined when there was too little left to do
 */
async function measure({ origin, databaseUrl }, pid, { operation, connections }) {
  await load(origin, WARM_UP, operation, connections);
  if (databaseUrl) await query(databaseUrl, 'SELECT pg_stat_statements_reset()');
  const writtenBefore = await transactions();
  const before = [cpuSeconds(pid), cpuSeconds(database.pid)];
  const { operations, seconds, ...latencies } = await load(origin, SECONDS, operation, connections);
  if (seconds < SECONDS * ENOUGH) return undefined;
  const after = [cpuSeconds(pid), cpuSeconds(database.pid)];
  const work = databaseUrl ? await databaseWork(databaseUrl) : { statements: 0, walBytes: 0 };
  const written = (await transactions()) - writtenBefore;
  const each = (/** @type {number} */ index) =>
    (((after[index] ?? Number.NaN) - (before[index] ?? Number.NaN)) / operations) * 1e6;
  return {
    rate: operations / seconds,
    server: each(0),
    database: each(1),
    statements: work.statements / operations,
    writes: databaseUrl ? written / operations : 0,
    wal: work.walBytes / operations,
    ...latencies,
  };
}

/** So many have written anything on this PostgreSQL, for whomever: but the one that is measured, all servers rest. */
async function transactions() {
  const [row] = await query(database.urlOf('postgres'), 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
  return Number(row.next);
}

/** What the hash of a log-in takes where nothing else is done. @returns {Promise<import('./report.mjs').Figure>} */
async function hashing() {
  const began = performance.now();
  const before = process.cpuUsage();
  for (let at = 0; at < HASHES; at++) await hash('a password that is as long as one', COST);
  const { user, system } = process.cpuUsage(before);
  const took = (performance.now() - began) / HASHES;
  const nothing = { database: 0, statements: 0, writes: 0, wal: 0 };
  return { rate: 1_000 / took, server: (user + system) / HASHES, ...nothing, p50: took, p95: took, p99: took };
}

/** A start of this server with a database of its own that is there already. */
async function embedded() {
  const folder = mkdtempSync(join(tmpdir(), 'bkend-bench-'));
  try {
    const { origin, launch } = await serverOn('', { DATA_DIR: folder });
    await (await launch()).stop();
    const begun = await coldStart({ origin, start: launch, metadata: () => ({ path: SERVER_METADATA }) });
    running.push(begun.running.stop);
    const { now } = memory(begun.running.pid);
    await begun.running.stop();
    return { coldStart: begun.milliseconds, memory: { idle: now } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How long it takes from nothing to the first answer, the median of some starts. @param {Pick<Contestant, 'origin' | 'start' | 'metadata'>} contestant */
async function coldStart(contestant) {
  const took = [];
  let started = await timed(contestant);
  for (let more = 1; more < STARTS; more++) {
    took.push(started.milliseconds);
    await started.running.stop();
    started = await timed(contestant);
  }
  took.push(started.milliseconds);
  return { running: started.running, milliseconds: Number(took.toSorted((a, b) => a - b)[took.length >> 1]) };
}

/** @param {Pick<Contestant, 'origin' | 'start' | 'metadata'>} contestant */
async function timed(contestant) {
  const begun = performance.now();
  const started = await contestant.start();
  const { path } = contestant.metadata?.() ?? { path: '/' };
  await (await fetch(contestant.origin + path)).arrayBuffer();
  return { running: started, milliseconds: performance.now() - begun };
}

/**
 * A month of fifty connections that refresh every hour, and what it does to the table: updates in place, and nothing
 * else.
 * @param {Measured | undefined} one
 */
async function month(one) {
  const { contestant } = /** @type {Measured} */ (one);
  const url = String(contestant.databaseUrl);
  const client = new Client(contestant.origin);
  const { refresh } = await workloads(contestant, sender(client), { codes: 0, connections: A_MONTH.connections });
  await client.close();
  await query(url, 'VACUUM (ANALYZE) grants');
  const before = await tableOfGrants(url);
  let left = A_MONTH.connections * A_MONTH.refreshes;
  /** @type {import('./load.mjs').Operation} */
  const each = (send, connection) =>
    left-- > 0
      ? /** @type {import('./workloads.mjs').Workload} */ (refresh).operation(send, connection)
      : Promise.resolve(false);
  const { operations } = await load(contestant.origin, 600, each, A_MONTH.connections);
  const after = await tableOfGrants(url);
  return {
    connections: A_MONTH.connections,
    refreshes: operations,
    inserted: after.inserted - before.inserted,
    updated: after.updated - before.updated,
    hot: after.hot - before.hot,
    before: before.megabytes,
    after: after.megabytes,
  };
}

/** @param {string} url */
async function tableOfGrants(url) {
  // What a connection counted is seen by others once it was idle for ten seconds.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  const [row] = await query(
    url,
    `SELECT n_tup_ins::int AS inserted, n_tup_upd::int AS updated, n_tup_hot_upd::int AS hot,
            pg_total_relation_size(relid) / 1048576.0 AS megabytes
       FROM pg_stat_user_tables WHERE relname = 'grants'`,
  );
  return { ...row, megabytes: Number(row.megabytes) };
}
