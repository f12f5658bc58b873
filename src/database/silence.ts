import type { Socket } from 'node:net';
import type { Pool, PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { DatabaseSilent } from './database-error.js';

/** So long the database may say nothing to whoever uses a connection … */
const SILENCE_MS = 5_000;
/** … and so long to what goes through very many rows. */
const LONG_SILENCE_MS = 600_000;

/**
 * From now on a connection that is in use and on which nothing comes is ended, and what waits for it fails. Where
 * packets vanish (a failover, a firewall that forgot), nobody else would notice for up to two hours.
 */
export function endSilentConnections({ driver }: DataSource): void {
  const known = new WeakSet<PoolClient>();
  const pool = (driver as PostgresDriver).master as Pool;
  pool.on('acquire', (client) => {
    const socket = socketOf(client);
    if (!known.has(client)) socket.on('timeout', () => socket.destroy(new DatabaseSilent()));
    known.add(client);
    socket.setTimeout(SILENCE_MS);
  });
  pool.on('release', (_error, client) => socketOf(client).setTimeout(0));
}

/** What follows in this transaction may take its time. */
export async function takeTime({ queryRunner }: EntityManager): Promise<void> {
  socketOf((await queryRunner!.connect()) as PoolClient).setTimeout(LONG_SILENCE_MS);
}

/** Does what may take its time, on one connection, each statement a transaction of its own. */
export async function takingTime<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await takeTime(runner.manager);
    return await work(runner.manager);
  } finally {
    await runner.release();
  }
}

/** With TLS, the encrypted one. */
const socketOf = (client: PoolClient) => (client as unknown as { connection: { stream: Socket } }).connection.stream;
