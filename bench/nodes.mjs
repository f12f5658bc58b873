import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'undici';
import { freePort } from '../test/support/postgres-server.mjs';
import { ours } from './contestants/ours.mjs';
import { startDatabase } from './database.mjs';
import { load, sender, shares } from './load.mjs';
import { children, cpuSeconds, start } from './processes.mjs';
import { report, table } from './report.mjs';

/*
 * `npm run bench:nodes`: several nodes on one database behind nginx. How throughput grows with nodes until the database is
 * the limit; how long nodes disagree about what was revoked or withdrawn; what a rolling restart and a killed node under
 * load cost. Needs nginx, and cgroups to give each process a share of the processor.
 */

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 8);
const NODES = [1, 2, 4, 8];
/** Of one core: so little that eight nodes, the database, nginx and the load fit on two. */
const NODE_SHARE = 0.08;
const DATABASE_SHARE = 0.25;
const SESSIONS = 64;
const TRIALS = 20;
const CGROUPS = '/sys/fs/cgroup/cpu';

/** What has been started, to be stopped whatever happens. @type {(() => unknown)[]} */
const running = [];
const folder = mkdtempSync(join(tmpdir(), 'bkend-nodes-'));
running.push(() => rmSync(folder, { recursive: true, force: true }));
const database = await startDatabase({ max_connections: '400' });
running.push(database.stop);

try {
  const proxyPort = await freePort();
  const origin = `http://127.0.0.1:${proxyPort}`;
  const contestant = await ours(await database.create('server'), {
    variables: { PUBLIC_URL: origin, TRUSTED_PROXIES: '127.0.0.1', DATABASE_POOL: '10' },
    resource: `${origin}/mcp`,
  });
  /** @typedef {{ port: number, origin: string, process: import('./processes.mjs').Running }} Node */
  /** @param {number} [port] @returns {Promise<Node>} */
  const node = async (port) => {
    const at = port ?? (await freePort());
    const one = await start(['dist/main.js'], { ...contestant.variables, PORT: String(at) }, 'is ready.', {
      core: undefined,
    });
    return { port: at, origin: `http://127.0.0.1:${at}`, process: one };
  };

  const scaling = await scale();
  const nodes = [await node(), await node(), await node()];
  running.push(() => Promise.all(nodes.map((one) => one.process.stop())));
  const proxy = await startProxy(nodes.map(({ port }) => port));
  const disagreement = await disagree(nodes);
  const restarted = await underLoad('rolling restart', async () => {
    for (const [index, one] of nodes.entries()) {
      await one.process.stop();
      nodes[index] = await node(one.port);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  });
  const killed = await underLoad('node killed', async () => {
    const [first] = nodes;
    await first?.process.kill();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    nodes[0] = await node(first?.port);
  });
  await proxy.stop();
  const result = { shares: { node: NODE_SHARE, database: DATABASE_SHARE }, scaling, disagreement, restarted, killed };
  report('nodes', result, textOf(result));

  /** Refreshes a second through the proxy, by the number of nodes. */
  async function scale() {
    const sessions = await connect(SESSIONS);
    const rows = [];
    const limited = limit('database', DATABASE_SHARE, [database.pid, ...children(database.pid)]);
    for (const count of NODES) {
      const all = await Promise.all(Array.from({ length: count }, () => node()));
      const limits = all.map((one, index) => limit(`node${index}`, NODE_SHARE, [one.process.pid]));
      const balancer = await startProxy(all.map(({ port }) => port));
      await load(origin, 2, refreshing(sessions), SESSIONS);
      const before = [cpuSeconds(database.pid), ...all.map((one) => cpuSeconds(one.process.pid))].map(Number);
      const { operations, seconds, p50, p99 } = await load(origin, SECONDS, refreshing(sessions), SESSIONS);
      const after = [cpuSeconds(database.pid), ...all.map((one) => cpuSeconds(one.process.pid))].map(Number);
      const used = after.map((one, index) => one - Number(before[index]));
      rows.push({
        nodes: count,
        rate: operations / seconds,
        p50,
        p99,
        database: Number(used[0]) / seconds / DATABASE_SHARE,
        node: used.slice(1).reduce((sum, one) => sum + one, 0) / count / seconds / NODE_SHARE,
      });
      await balancer.stop();
      await Promise.all(all.map((one) => one.process.stop()));
      for (const end of limits) end();
    }
    limited();
    return rows;
  }

  /** So many connections, each with its own tokens. @param {number} count */
  async function connect(count) {
    const first = await node();
    const client = new Client(first.origin);
    const send = sender(client);
    const sessions = [];
    for (const code of await contestant.codes(undefined, count)) {
      const { status, body } = await send(contestant.exchange(code));
      if (status !== 200) throw new Error(body);
      sessions.push(/** @type {import('./contestants/contestant.mjs').Tokens} */ (JSON.parse(body)));
    }
    await client.close();
    await first.process.stop();
    return sessions;
  }

  /** Each connection refreshes its own session. @param {import('./contestants/contestant.mjs').Tokens[]} sessions @returns {import('./load.mjs').Operation} */
  function refreshing(sessions) {
    return async (send, connection) => {
      const { status, body } = await send(contestant.refresh(String(sessions[connection]?.refresh_token)));
      if (status !== 200) throw new Error(`${status} ${body}`);
      sessions[connection] = JSON.parse(body);
      return true;
    };
  }

  /** How long the other node goes on accepting what one was told to end: the longest of some trials, in milliseconds. @param {Node[]} all */
  async function disagree([one, other]) {
    if (!one || !other) throw new Error('two nodes are needed');
    const [here, there] = [sender(new Client(one.origin)), sender(new Client(other.origin))];
    const sessions = await connect(TRIALS);
    /** @param {string} token */
    const untilRefused = async (token) => {
      const begun = performance.now();
      for (;;) {
        const { status } = await there(contestant.bearer(token));
        if (status === 401) return performance.now() - begun;
        if (performance.now() - begun > 10_000) throw new Error('still accepted after ten seconds');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const revoked = [];
    for (const tokens of sessions.slice(1)) {
      const { status } = await there(contestant.bearer(tokens.access_token));
      if (status !== 405) throw new Error(`${status} before it was revoked`);
      await here(contestant.revoke(tokens));
      revoked.push(await untilRefused(tokens.access_token));
    }
    const [last] = sessions;
    const kid = JSON.parse(Buffer.from(String(last?.access_token.split('.')[0]), 'base64url').toString()).kid;
    contestant.cli(['keys', 'withdraw', kid]);
    const withdrawn = await untilRefused(String(last?.access_token));
    return { revoked: Math.max(...revoked), withdrawn };
  }

  /** What the load sees while something happens to the nodes. @param {string} what @param {() => Promise<void>} happening */
  async function underLoad(what, happening) {
    const sessions = await connect(SESSIONS);
    let [answered, failed, over] = [0, 0, false];
    /** @type {number[]} */
    const latencies = [];
    /** @type {string[]} */
    const failures = [];
    const working = load(
      origin,
      600,
      async (send, connection) => {
        if (over) return false;
        const at = performance.now();
        const { status, body } = await send(contestant.refresh(String(sessions[connection]?.refresh_token)));
        latencies.push(performance.now() - at);
        if (status === 200) {
          answered++;
          sessions[connection] = JSON.parse(body);
        } else {
          failed++;
          failures.push(`${status} ${body.slice(0, 200)}`);
        }
        return true;
      },
      SESSIONS,
    );
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await happening();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    over = true;
    await working;
    // What was acknowledged last is still good, for each session.
    let lost = 0;
    const client = new Client(origin);
    for (const { refresh_token } of sessions)
      if ((await sender(client)(contestant.refresh(refresh_token))).status !== 200) lost++;
    await client.close();
    return { what, answered, failed, lost, failures: failures.slice(0, 5), p99: shares(latencies).p99 };
  }

  /** nginx in front of these ports, as `docs/scaling.md` says. @param {number[]} ports */
  async function startProxy(ports) {
    const file = join(folder, 'nginx.conf');
    const servers = ports.map((port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=1s;`).join(' ');
    const template = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8');
    writeFileSync(
      file,
      template.replaceAll('$folder', folder).replace('$servers', servers).replace('$listen', `127.0.0.1:${proxyPort}`),
    );
    const child = spawn('nginx', ['-c', file, '-p', folder, '-g', 'daemon off;'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    child.once('error', () => {
      throw new Error('nginx is not installed');
    });
    for (let tries = 0; ; tries++) {
      const reached = await fetch(`${origin}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (reached) break;
      if (child.exitCode !== null || tries > 100) throw new Error(`nginx: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stop = async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    };
    running.push(stop);
    return { stop };
  }
} finally {
  for (const stop of running.toReversed()) await stop();
}

/** Gives processes, and what they start, a share of one core together. @param {string} name @param {number} share @param {number[]} pids @returns {() => void} takes it back */
function limit(name, share, pids) {
  const group = join(CGROUPS, `bkend-bench-${process.pid}-${name}`);
  if (!existsSync(join(CGROUPS, 'cpu.cfs_quota_us')))
    throw new Error('there are no cgroups (version 1) to share the processor with');
  mkdirSync(group);
  writeFileSync(join(group, 'cpu.cfs_period_us'), '20000');
  writeFileSync(join(group, 'cpu.cfs_quota_us'), String(Math.round(share * 20_000)));
  for (const pid of pids) spawnSync('sh', ['-c', `echo ${pid} > ${group}/cgroup.procs`]);
  const end = () => {
    if (!existsSync(group)) return;
    for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      spawnSync('sh', ['-c', `echo ${pid} > ${CGROUPS}/cgroup.procs`]);
    rmdirSync(group);
  };
  running.push(end);
  return end;
}

/** @param {any} result */
function textOf({ scaling, disagreement, restarted, killed }) {
  const percent = (/** @type {number} */ share) => `${Math.round(share * 100)} %`;
  return [
    `Each node has ${percent(NODE_SHARE)} of a core, the database ${percent(DATABASE_SHARE)}.`,
    table(
      ['Nodes', 'refreshes/s', '× one', 'p50 ms', 'p99 ms', 'share of a node used', 'share of the database used'],
      scaling.map((/** @type {any} */ row) => [
        String(row.nodes),
        row.rate.toFixed(0),
        (row.rate / scaling[0].rate).toFixed(2),
        row.p50.toFixed(0),
        row.p99.toFixed(0),
        percent(row.node),
        percent(row.database),
      ]),
    ),
    `Another node accepted a revoked token for at most ${disagreement.revoked.toFixed(0)} ms in ${TRIALS - 1} trials, and one of a withdrawn key for ${disagreement.withdrawn.toFixed(0)} ms.`,
    ...[restarted, killed].map(
      ({ what, answered, failed, lost, p99, failures }) =>
        `${what}: ${answered} refreshes answered, ${failed} failed, ${lost} of ${SESSIONS} sessions lost, p99 ${p99.toFixed(0)} ms. ${failures.join('; ')}`,
    ),
  ].join('\n\n');
}
