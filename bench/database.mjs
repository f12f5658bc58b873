import { Client } from 'pg';
import { startPostgres } from '../test/support/postgres-server.mjs';
import { BESIDE, pin } from './processes.mjs';

/**
 * A PostgreSQL of the bench's own, as durable as in production (fsync and synchronous_commit on), that counts statements.
 * @param {Record<string, string>} [settings] of postgresql.conf
 * @returns {Promise<Database>}
 */
export async function startDatabase(settings = {}) {
  const server = await startPostgres({
    shared_preload_libraries: 'pg_stat_statements',
    shared_buffers: '512MB',
    max_wal_size: '4GB',
    ...settings,
  });
  pin(server.pid, BESIDE);
  return new Database(server);
}

export class Database {
  /** @param {import('../test/support/postgres-server.mjs').PostgresServer} server */
  constructor(server) {
    this.server = server;
    this.pid = server.pid;
    this.stop = server.stop;
  }

  /** A new database. @param {string} name @returns {Promise<string>} its URL */
  async create(name) {
    await query(this.server.url, `CREATE DATABASE ${name}`);
    const url = this.urlOf(name);
    await query(url, 'CREATE EXTENSION pg_stat_statements');
    return url;
  }

  /** @param {string} name */
  urlOf(name) {
    return this.server.url.replace(/\/postgres$/, `/${name}`);
  }
}

/** @param {string} url @param {string} sql @param {unknown[]} [values] @returns {Promise<any[]>} the rows */
export async function query(url, sql, values) {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client
    .query(sql, values)
    .then(
      ({ rows }) => rows,
      (error) => Promise.reject(new Error(`${error.message}: ${sql}`)),
    )
    .finally(() => client.end());
}

/** @typedef {{ statements: number, walBytes: number }} DatabaseWork */

/**
 * What has been asked of a database since the last reset, but for the bench's own questions.
 * @param {string} url
 * @returns {Promise<DatabaseWork>}
 */
export async function databaseWork(url) {
  const [row] = await query(
    url,
    `SELECT coalesce(sum(calls), 0)::float AS statements, coalesce(sum(wal_bytes), 0)::float AS wal
       FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid
      WHERE d.datname = current_database() AND query NOT LIKE '%pg_stat_%'`,
  );
  return { statements: row.statements, walBytes: row.wal };
}
