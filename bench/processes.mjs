import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Starts a program and waits for the line that says it is ready.
 * @param {string[]} args of node
 * @param {Record<string, string>} env
 * @param {string} ready
 * @returns {Promise<{ pid: number, stop: () => Promise<void> }>}
 */
export async function start(args, env, ready) {
  const child = spawn(process.execPath, args, {
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
  const stop = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { pid: Number(child.pid), stop };
}

const TICKS_PER_SECOND = 100;

/**
 * CPU time of a process and its children, those that ended included, in seconds. Undefined where there is no /proc.
 * @param {number} pid
 * @returns {number | undefined}
 */
export function cpuSeconds(pid) {
  try {
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => parentOf(name) === pid);
    return (
      ticks(String(pid), true) / TICKS_PER_SECOND +
      children.reduce((sum, child) => sum + ticks(child, true), 0) / TICKS_PER_SECOND
    );
  } catch {
    return undefined;
  }
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

/** @param {string} pid @param {boolean} withEnded */
function ticks(pid, withEnded) {
  try {
    const [user, system, endedUser, endedSystem] = fields(pid).slice(11, 15).map(Number);
    return Number(user) + Number(system) + (withEnded ? Number(endedUser) + Number(endedSystem) : 0);
  } catch {
    return 0;
  }
}
