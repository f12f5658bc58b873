import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { CONNECTIONS } from './load.mjs';
import { PINNED } from './processes.mjs';

/**
 * Operations a second; microseconds of CPU an operation, of the server and of PostgreSQL; statements, transactions that
 * write, and bytes of WAL an operation; latencies in milliseconds.
 * @typedef {{ rate: number, server: number, database: number, statements: number, writes: number, wal: number, p50: number, p95: number, p99: number }} Figure
 */

/** A turn that had nothing left to do says nothing. @typedef {Figure | undefined} Turn */
/** @typedef {Figure & { turns: (Pick<Figure, 'rate' | 'server'> | null)[] }} Summary the medians, and what they are of */

/** @param {Turn[]} turns @returns {Summary} */
export function summary(turns) {
  const counted = turns.filter((one) => one !== undefined);
  const names = /** @type {(keyof Figure)[]} */ (Object.keys(counted[0] ?? {}));
  const medians = Object.fromEntries(names.map((name) => [name, quantile(counted.map((one) => one[name]))]));
  return {
    .../** @type {Figure} */ (medians),
    turns: turns.map((one) => (one ? { rate: one.rate, server: one.server } : null)),
  };
}

/**
 * How many times as much one had as the other, of turns that followed one another: the median, and between which the
 * middle half of them was.
 * @param {Summary} one @param {Summary} other @param {'rate' | 'server'} what
 */
function ratio(one, other, what) {
  const all = one.turns.flatMap((turn, at) => {
    const beside = other.turns[at];
    return turn && beside ? [turn[what] / beside[what]] : [];
  });
  return { median: quantile(all), low: quantile(all, 0.25), high: quantile(all, 0.75) };
}

/**
 * How many microseconds of CPU more one took than the other, of turns that followed one another: the median.
 * @param {Summary} one @param {Summary} other
 */
function beyondOf(one, other) {
  return quantile(
    one.turns.flatMap((turn, at) => {
      const beside = other.turns[at];
      return turn && beside ? [turn.server - beside.server] : [];
    }),
  );
}

/** @param {ReturnType<typeof ratio>} of */
const spread = ({ median: middle, low, high }) => `${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** @param {number[]} all @param {number} [share] of them that are below it */
function quantile(all, share = 0.5) {
  return Number(all.toSorted((a, b) => a - b)[Math.floor(all.length * share)]);
}

/**
 * Prints what one run found, and keeps it for `docs/performance.md`.
 * @param {string} name
 * @param {object} result
 * @param {string} text of it, in Markdown
 */
export function report(name, result, text) {
  mkdirSync('out', { recursive: true });
  const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.versions.node, pinned: PINNED };
  const all = { at: new Date().toISOString(), machine, ...result, text };
  writeFileSync(`out/${name}.json`, `${JSON.stringify(all, null, 2)}\n`);
  console.log(text);
}

/** @param {string} name @returns {any} undefined when there was no such run */
export function reported(name) {
  return existsSync(`out/${name}.json`) ? JSON.parse(readFileSync(`out/${name}.json`, 'utf8')) : undefined;
}

/** @typedef {{ cpu?: number, rate?: number, peer?: [string, number], statements?: number, writes?: number, beyond?: [string, number] }} Budget against the floor, against a peer; statements and writes of one operation; `beyond`: milliseconds of CPU more than something by itself */
/** The hash of a log-in by itself. */
export const HASHING = 'argon2id by itself';
/** This server without a PostgreSQL. */
export const EMBEDDED = 'this server, embedded database';

/** What each workload may cost. @type {Record<string, Budget>} */
const BUDGETS = {
  refresh: { cpu: 1.5, rate: 0.9, peer: ['oidc-provider', 3.3], statements: 1 },
  exchange: { cpu: 1.5, rate: 0.9, peer: ['oidc-provider', 3], statements: 1 },
  revocation: { cpu: 1.8, rate: 0.7, peer: ['oidc-provider', 4], statements: 1 },
  introspection: { cpu: 2, rate: 0.5, peer: ['oidc-provider', 2.5], statements: 1 },
  registration: { cpu: 1.5, rate: 1, peer: ['oidc-provider', 2.5], statements: 0 },
  metadata: { cpu: 1.4, rate: 0.8, peer: ['oidc-provider', 4], statements: 0 },
  'bearer, new token': { cpu: 1.2, rate: 0.85, statements: 0 },
  'bearer, seen token': { cpu: 0.35, rate: 3.5, peer: ['oidc-provider', 6], statements: 0 },
  'tools/list': { peer: ['requireBearerAuth', 2], statements: 0 },
  'log-in flow': { peer: ['oidc-provider', 2], writes: 4, beyond: [HASHING, 4] },
};
/** Milliseconds and megabytes that a process may take. @type {Record<string, { coldStart: number, idle?: number, most?: number }>} */
const PROCESSES = {
  'this server': { coldStart: 1_100, idle: 130, most: 220 },
  [EMBEDDED]: { coldStart: 3_000 },
};

/** Markdown. @param {any} result of `npm run bench` @returns {string} */
export function tables({ figures, processes, month, turns, seconds }) {
  const compared = Object.entries(figures).flatMap(([workload, by]) =>
    Object.entries(by).map(([who, figure]) => row(workload, who, figure, by)),
  );
  const budgets = [
    ...Object.entries(figures).flatMap(([workload, by]) => verdicts(workload, by)),
    ...Object.entries(processes).flatMap(([who, taken]) => verdictsOfProcess(who, taken)),
  ];
  const held = Object.entries(processes).map(([who, { coldStart, memory }]) => [
    who,
    String(Math.round(coldStart)),
    String(memory.idle),
    String(memory.most ?? ''),
  ]);
  return [
    `${CONNECTIONS} keep-alive connections in a closed loop, ${turns} alternating turns of ${seconds} s, medians. Ratios are of turns that follow one another: the median, and the middle half of them.`,
    table(
      [
        'Workload',
        'Server',
        'ops/s',
        '× floor',
        'CPU µs',
        '× floor',
        'PostgreSQL µs',
        'statements',
        'writes',
        'WAL bytes',
        'p50 / p95 / p99 ms',
      ],
      compared,
    ),
    table(['Budget', 'Measured', 'Limit', 'Met'], budgets),
    table(['Server', 'Cold start ms', 'Memory idle MB', 'Most under load MB'], held),
    `A month of ${month.connections} connections that refresh every hour (${month.refreshes} refreshes): ${month.inserted} rows inserted, ${month.updated} updated in place, ${((month.hot / month.updated) * 100).toFixed(1)} % of them HOT; the table with its indexes was ${month.before.toFixed(1)} MB before and ${month.after.toFixed(1)} MB after.`,
  ].join('\n\n');
}

/** @param {string} workload @param {string} who @param {Summary} figure @param {Record<string, Summary>} by */
function row(workload, who, figure, by) {
  const floor = by['floor'];
  return [
    workload,
    who,
    whole(figure.rate),
    floor ? spread(ratio(figure, floor, 'rate')) : '',
    whole(figure.server),
    floor ? spread(ratio(figure, floor, 'server')) : '',
    whole(figure.database),
    figure.statements.toFixed(2),
    figure.writes.toFixed(2),
    whole(figure.wal),
    [figure.p50, figure.p95, figure.p99].map((one) => one.toFixed(1)).join(' / '),
  ];
}

/** @param {string} workload @param {Record<string, Summary>} by */
function verdicts(workload, by) {
  const { cpu, rate, peer, statements, writes, beyond } = BUDGETS[workload] ?? {};
  const us = by['this server'];
  if (!us) return [];
  // A token that was seen is compared with the floor checking each anew.
  const floor = by['floor'];
  const other = peer && by[peer[0]];
  const part = beyond && by[beyond[0]];
  return [
    ...(floor && cpu ? [atMost(`${workload}: CPU × floor`, ratio(us, floor, 'server').median, cpu)] : []),
    ...(floor && rate ? [atLeast(`${workload}: rate × floor`, ratio(us, floor, 'rate').median, rate)] : []),
    ...(other ? [atLeast(`${workload}: rate × ${peer[0]}`, ratio(us, other, 'rate').median, peer[1])] : []),
    ...(part ? [atMost(`${workload}: ms of CPU beyond ${beyond[0]}`, beyondOf(us, part) / 1_000, beyond[1])] : []),
    // The server looks for revocations, and writes down what it counted, beside its requests.
    ...(statements === undefined ? [] : [atMost(`${workload}: statements`, rounded(us.statements), statements)]),
    ...(writes === undefined ? [] : [atMost(`${workload}: writes`, rounded(us.writes), writes)]),
  ];
}

/** @param {string} who @param {{ coldStart: number, memory: { idle: number, most?: number } }} taken */
function verdictsOfProcess(who, { coldStart, memory }) {
  const limits = PROCESSES[who];
  if (!limits) return [];
  const { idle, most } = limits;
  return [
    atMost(`${who}: cold start, s`, coldStart / 1_000, limits.coldStart / 1_000),
    ...(idle === undefined ? [] : [atMost(`${who}: memory idle, MB`, memory.idle, idle)]),
    ...(most === undefined || memory.most === undefined
      ? []
      : [atMost(`${who}: most under load, MB`, memory.most, most)]),
  ];
}

const atMost = (/** @type {string} */ what, /** @type {number} */ is, /** @type {number} */ limit) =>
  verdict(what, is, `≤ ${limit}`, is <= limit);
const atLeast = (/** @type {string} */ what, /** @type {number} */ is, /** @type {number} */ limit) =>
  verdict(what, is, `≥ ${limit}`, is >= limit);
const verdict = (
  /** @type {string} */ what,
  /** @type {number} */ is,
  /** @type {string} */ limit,
  /** @type {boolean} */ met,
) => [what, is.toFixed(2), limit, met ? 'yes' : '**no**'];
const rounded = (/** @type {number} */ number) => Number(number.toFixed(1));

/** @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((one) => String(one[at]).length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, at) => String(cell).padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** @param {number} number */
const whole = (number) => (Number.isFinite(number) ? String(Math.round(number)) : '');
