import { Client } from 'undici';
import { ours } from './contestants/ours.mjs';
import { startDatabase } from './database.mjs';
import { load, sender, shares } from './load.mjs';
import { BESIDE, memory, pin } from './processes.mjs';
import { report } from './report.mjs';
import { workloads } from './workloads.mjs';

/*
 * `npm run bench:soak`: forty minutes at half of what it can do, of everything tools ask for, and what becomes of its
 * memory. BENCH_MINUTES (40) sets how long.
 */

const MINUTES = Number(process.env['BENCH_MINUTES'] ?? 40);
const CONNECTIONS = 32;
const SAMPLE_MS = 10_000;
/** What a running program keeps it has by then. */
const SETTLED = 0.25;

/** @typedef {import('./workloads.mjs').WorkloadName} WorkloadName */
/** One of each in turn; a tool calls far more often than it refreshes. @type {WorkloadName[]} */
const MIX = [
  'tools/list',
  'bearer, seen token',
  'refresh',
  'tools/list',
  'registration',
  'metadata',
  'tools/list',
  'introspection',
];

pin(process.pid, BESIDE);
const database = await startDatabase();
/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [database.stop];

try {
  const contestant = await ours(await database.create('server'));
  const server = await contestant.start();
  running.push(server.stop);
  const client = new Client(contestant.origin);
  const all = await workloads(contestant, sender(client), { codes: 0, connections: CONNECTIONS });
  await client.close();
  let turn = 0;
  /** @type {import('./load.mjs').Operation} */
  const mixed = (send, connection) =>
    /** @type {import('./workloads.mjs').Workload} */ (
      all[/** @type {WorkloadName} */ (MIX[turn++ % MIX.length])]
    ).operation(send, connection);
  await load(contestant.origin, 5, mixed, CONNECTIONS);
  const best = await load(contestant.origin, 15, mixed, CONNECTIONS);
  const rate = best.operations / best.seconds / 2;

  /** @type {{ seconds: number, megabytes: number }[]} */
  const samples = [];
  const begun = performance.now();
  const sampling = setInterval(() => {
    samples.push({ seconds: (performance.now() - begun) / 1000, megabytes: memory(server.pid).now });
  }, SAMPLE_MS);
  let done = 0;
  /** @type {number[]} */
  const latencies = [];
  await load(
    contestant.origin,
    MINUTES * 60,
    async (send, connection) => {
      // Each waits for its turn, so that all together ask so many a second.
      const due = begun + (done++ / rate) * 1000;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const at = performance.now();
      await mixed(send, connection);
      if (latencies.length < 1_000_000) latencies.push(performance.now() - at);
      return true;
    },
    CONNECTIONS,
  );
  clearInterval(sampling);
  const settled = samples.slice(Math.floor(samples.length * SETTLED));
  const result = {
    minutes: MINUTES,
    rate,
    operations: done,
    slope: slope(settled) * 3600,
    least: Math.min(...settled.map(({ megabytes }) => megabytes)),
    most: Math.max(...settled.map(({ megabytes }) => megabytes)),
    p50: shares(latencies).p50,
    p99: shares(latencies).p99,
    samples,
  };
  report(
    'soak',
    result,
    `${MINUTES} minutes at ${rate.toFixed(0)} operations/s: ${result.least} to ${result.most} MB after the first quarter, slope ${result.slope.toFixed(1)} MB an hour; p50 / p99 ${result.p50.toFixed(1)} / ${result.p99.toFixed(1)} ms.`,
  );
} finally {
  for (const stop of running.toReversed()) await stop();
}

/** Least squares: megabytes a second. @param {{ seconds: number, megabytes: number }[]} samples */
function slope(samples) {
  const mean = (/** @type {'seconds' | 'megabytes'} */ of) =>
    samples.reduce((sum, one) => sum + one[of], 0) / samples.length;
  const [seconds, megabytes] = [mean('seconds'), mean('megabytes')];
  const above = samples.reduce((sum, one) => sum + (one.seconds - seconds) * (one.megabytes - megabytes), 0);
  return above / samples.reduce((sum, one) => sum + (one.seconds - seconds) ** 2, 0);
}
