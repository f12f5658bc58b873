import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { ENTITIES } from './entities/index.js';
import { MIGRATIONS } from './migrations/index.js';
import { SnakeNaming } from './naming.js';

/**
 * Where PostgreSQL answers: a URL, or the folder of the embedded database's socket; `guest`: beside the server that
 * owns it.
 */
export type DatabaseAddress =
  { readonly url: string; readonly pool: number } | { readonly socketFolder: string; readonly guest: boolean };

/** How long a request waits for a connection before it is told to come back. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** A connection on which nothing happens is asked for a sign of life: firewalls forget one that gives none. */
const KEEP_ALIVE_MS = 10_000;

export function makeDataSource(address: DatabaseAddress): DataSource {
  return new DataSource({
    type: 'postgres',
    ...('url' in address
      ? { url: address.url, poolSize: address.pool }
      : // Exactly one connection: more would interleave on the embedded engine's only session.
        { host: address.socketFolder, port: 5432, username: 'postgres', database: 'postgres', poolSize: 1 }),
    connectTimeoutMS: CONNECTION_TIMEOUT_MS,
    extra: {
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      application_name: 'bkend-mcp-auth',
      // The engine's only session outlives a connection (one ends with each statement that failed), and so would the
      // names of its statements, of which the next connection knows nothing.
      ...('guest' in address &&
        !address.guest && { onConnect: (client: ClientBase) => client.query('DEALLOCATE ALL') }),
    },
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeNaming(),
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    synchronize: false,
  });
}
