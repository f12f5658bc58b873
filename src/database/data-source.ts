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
/**
 * PostgreSQL looks this often whether whoever asked is still there. Else what was given up (see `silence.ts`), or asked
 * by a process that was killed, goes on there, and beside what is asked instead: a slow database would get ever slower.
 */
const CHECK_CONNECTION = `SET client_connection_check_interval = '1s'`;

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
      onConnect: (client: ClientBase) => beforeUse(client, address),
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

async function beforeUse(client: ClientBase, address: DatabaseAddress): Promise<void> {
  // Not every system can tell; there it stays as it is.
  if ('url' in address) await client.query(CHECK_CONNECTION).catch(() => undefined);
  // The engine's only session outlives a connection (one ends with each statement that failed), and so would the names
  // of its statements, of which the next connection knows nothing.
  else if (!address.guest) await client.query('DEALLOCATE ALL');
}
