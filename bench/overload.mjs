import { setPriority } from 'node:os';
import { Client } from 'undici';
import { ours } from './contestants/ours.mjs';
import { startDatabase } from './database.mjs';
import { CONNECTIONS, load, sender, shares } from './load.mjs';
import { BESIDE, memory, pin } from './processes.mjs';
import { report, table } from './report.mjs';
import { workloads } from './workloads.mjs';

/*
 * `npm run bench:overload`: the best throughput of refresh, then twice as many refreshes a second as that, whether they
 * are answered or not; in turn, since machines change their speed. What is kept of the throughput, and how soon the rest
 * is refused.
 */

/** Of a turn, once at its best and once with too much to do: short, so that the machine is as fast in both. */
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 2);
const TURNS = 15;
const POOLS = [5, 10, 20, 40];
/** Of a process that others go before. */
const LAST = 19;
const FACTOR = 2;
/** What comes at first is a burst, and taken in: what lasts is measured. */
const BURST_MS = 750;
/** Requests are handed out this often. */
const TICK_MS = 5;
const SOCKETS = 1_024;
/** Enough for the best throughput: what comes together shares a statement. */
const MANY = 4 * CONNECTIONS;

pin(process.pid, BESIDE);
const database = await startDatabase();
/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [database.stop];

try {
  const pools = [];
  for (const pool of POOLS) pools.push({ pool, ...(await capacity(pool)) });
  const best = pools.reduce((one, other) => (other.rate > one.rate ? other : one));
  const contestant = await ours(await database.create('overload'), { variables: { DATABASE_POOL: String(best.pool) } });
  const server = await contestant.start();
  running.push(server.stop);
  const { refresh } = await refreshing(contestant);
  const sessions = await sessionsOf(contestant);
  // The load shares a core with PostgreSQL: what it takes to be refused must not be taken from that.
  setPriority(process.pid, LAST);
  const turn = async () => {
    const { operations, seconds } = await load(contestant.origin, SECONDS, refresh, MANY);
    const rate = operations / seconds;
    const over = await offer(contestant, sessions, rate * FACTOR);
    return { rate, ...over, kept: over.served / rate };
  };
  // The first opens the connections.
  await turn();
  const turns = [];
  for (let n = 0; n < TURNS; n++) turns.push(await turn());
  const sorted = turns.toSorted((one, other) => one.kept - other.kept);
  const middle = sorted[TURNS >> 1];
  if (!middle) throw new Error('nothing was measured');
  const result = { pools, turns, ...middle, memory: memory(server.pid).most };
  const [least, most] = [TURNS >> 2, TURNS - 1 - (TURNS >> 2)].map((at) => percent(sorted[at]?.kept));
  report(
    'overload',
    result,
    [
      table(
        ['Pool', 'refreshes/s', 'p99 ms'],
        pools.map(({ pool, rate: at, p99 }) => [String(pool), at.toFixed(0), p99.toFixed(1)]),
      ),
      `Kept of the best throughput in ${TURNS} turns of ${SECONDS} s: ${percent(middle.kept)} at the median, half of them between ${least} and ${most}. In the middle one the best was ${middle.rate.toFixed(0)}/s. Offered ${middle.offered.toFixed(0)}/s: ${middle.served.toFixed(0)}/s served, p50 / p99 ${middle.servedIn.p50.toFixed(0)} / ${middle.servedIn.p99.toFixed(0)} ms; ${middle.refused.toFixed(0)}/s refused with 503 and Retry-After after p50 / p99 ${middle.refusedIn.p50.toFixed(0)} / ${middle.refusedIn.p99.toFixed(0)} ms; ${middle.other} other answers. At most ${result.memory} MB.`,
    ].join('\n\n'),
  );
} finally {
  for (const stop of running.toReversed()) await stop();
}

/** @param {number | undefined} share */
function percent(share = Number.NaN) {
  return `${(share * 100).toFixed(0)} %`;
}

/** @param {number} pool */
async function capacity(pool) {
  const contestant = await ours(await database.create(`pool${pool}`), { variables: { DATABASE_POOL: String(pool) } });
  const server = await contestant.start();
  const { refresh } = await refreshing(contestant);
  await load(contestant.origin, 2, refresh, MANY);
  const { operations, seconds, p99 } = await load(contestant.origin, SECONDS, refresh, MANY);
  await server.stop();
  return { rate: operations / seconds, p99 };
}

/** @param {Awaited<ReturnType<typeof ours>>} contestant */
async function refreshing(contestant) {
  const client = new Client(contestant.origin);
  const all = await workloads(contestant, sender(client), { codes: 0, connections: SOCKETS });
  await client.close();
  return { refresh: /** @type {import('./workloads.mjs').Workload} */ (all.refresh).operation };
}

/** @typedef {{ send: import('./load.mjs').Send, token: string }} Session on a connection of its own */

/** @param {Awaited<ReturnType<typeof ours>>} contestant @returns {Promise<Session[]>} */
async function sessionsOf(contestant) {
  const asking = new Client(contestant.origin);
  const sessions = [];
  for (const code of await contestant.codes(undefined, SOCKETS)) {
    const { body } = await sender(asking)(contestant.exchange(code));
    const send = sender(new Client(contestant.origin, { keepAliveTimeout: 60_000 }));
    sessions.push({ send, token: JSON.parse(body).refresh_token });
  }
  return sessions;
}

/**
 * Sends so many a second, on as many connections as it takes, and asks nobody whether that is too much.
 * @param {Awaited<ReturnType<typeof ours>>} contestant
 * @param {Session[]} idle all of them, before and afterwards
 * @param {number} rate
 */
async function offer(contestant, idle, rate) {
  /** @type {{ served: number[], refused: number[] }} */
  const took = { served: [], refused: [] };
  let [sent, counted, other, missed] = [0, 0, 0, 0];
  const begun = performance.now();
  const from = begun + BURST_MS;
  const until = from + SECONDS * 1000;
  /** @param {Session} session */
  const one = async (session) => {
    const at = performance.now();
    const { status, headers, body } = await session.send(contestant.refresh(session.token));
    const milliseconds = performance.now() - at;
    const now = performance.now();
    const isCounted = now >= from && now < until;
    if (status === 200) {
      if (isCounted) took.served.push(milliseconds);
      session.token = JSON.parse(body).refresh_token;
    } else if (status === 503 && headers['retry-after']) {
      if (isCounted) took.refused.push(milliseconds);
    } else other++;
    idle.push(session);
  };
  /** @type {Promise<void>[]} */
  const all = [];
  for (let now = begun; now < until; now = performance.now()) {
    const due = ((now - begun) / 1000) * rate;
    for (; sent < due; sent++) {
      const session = idle.pop();
      if (session) all.push(one(session));
      else missed++;
      if (session && now >= from) counted++;
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(all);
  return {
    offered: counted / SECONDS,
    missed,
    served: took.served.length / SECONDS,
    refused: took.refused.length / SECONDS,
    other,
    servedIn: shares(took.served),
    refusedIn: shares(took.refused),
  };
}
