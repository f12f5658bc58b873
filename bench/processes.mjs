import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Whether servers get a core of their own, beside the one that PostgreSQL and the load share. */
export const PINNED = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;
export const SERVER = 0;
export const BESIDE = 1;

/** Moves a process, and what it starts from then on, to a core. @param {number} pid @param {number} core */
export function pin(pid, core) {
  if (PINNED) spawnSync('taskset', ['-acp', String(core), String(pid)]);
}

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill at once, as a power failure does
 */

/**
 * Starts a program and waits for the line that says it is ready. With BENCH_PROFILE=FOLDER, Node writes its CPU profile
 * there at the end.
 * @param {string[]} args of node
 * @param {Record<string, string>} env
 * @param {string} ready
 * @param {{ core?: number | undefined }} [options] undefined: on any core
 * @returns {Promise<Running>}
 */
export async function start(args, env, ready, options = { core: SERVER }) {
  const { core } = options;
  const folder = process.env['BENCH_PROFILE'];
  const profiled = folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`, ...args] : args;
  const [command, all] =
    PINNED && core !== undefined
      ? ['taskset', ['-c', String(core), process.execPath, ...profiled]]
      : [process.execPath, profiled];
  const child = spawn(command, all, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      if (printed.includes(ready)) resolve(undefined);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${printed}`)));
  });
  const end = (/** @type {NodeJS.Signals} */ signal) => async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return { pid: Number(child.pid), stop: end('SIGTERM'), kill: end('SIGKILL') };
}

const TICKS_PER_SECOND = 100;

/**
 * CPU time of a process and its children, those that ended included, in seconds. Undefined where there is no /proc.
 * @param {number} pid
 * @returns {number | undefined}
 */
export function cpuSeconds(pid) {
  try {
    return [pid, ...children(pid)].reduce((sum, one) => sum + ticks(String(one)), 0) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/** The processes a process has started. @param {number} pid @returns {number[]} */
export function children(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

/** What a process holds in memory now, and the most it ever held, in MB. @param {number} pid */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (/** @type {string} */ name) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { now: of('VmRSS'), most: of('VmHWM') };
}

/** The fields of /proc/PID/stat after the name, which may hold anything. @param {string} pid */
function fields(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** @param {string} pid */
function parentOf(pid) {
  try {
    return Number(fields(pid)[1]);
  } catch {
    return undefined;
  }
}

/** Its own, and those of its children that ended. @param {string} pid */
function ticks(pid) {
  try {
    return fields(pid)
      .slice(11, 15)
      .reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return 0;
  }
}
