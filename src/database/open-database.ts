import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Config } from '../config/config.js';
import { isDatabaseUnavailable, StartupError } from './database-error.js';
import { type DatabaseAddress, makeDataSource } from './data-source.js';
import { DataFolderLock } from './embedded/data-folder-lock.js';
import { GuestDoor } from './embedded/guest-door.js';
import { migrate } from './migrate.js';

export interface OpenDatabase {
  readonly dataSource: DataSource;
  /** Names of the migrations that ran on the way. */
  readonly migrated: readonly string[];
  readonly close: () => Promise<void>;
}

type DatabaseConfig = Pick<Config, 'databaseUrl' | 'databasePool' | 'dataDir' | 'migrate'>;

/**
 * The database of the server: PostgreSQL when there is a URL, else the embedded one, which then belongs to this
 * process. Throws `StartupError` with a sentence for the operator.
 */
export async function openDatabase(config: DatabaseConfig): Promise<OpenDatabase> {
  if (config.databaseUrl) return connected({ url: config.databaseUrl, pool: config.databasePool }, config.migrate);
  const { EmbeddedDatabase } = await import('./embedded/embedded-database.js');
  const embedded = await EmbeddedDatabase.open(config.dataDir);
  try {
    const { dataSource, migrated } = await connected(
      { socketFolder: embedded.socketFolder, guest: false },
      config.migrate,
    );
    const pool = (dataSource.driver as PostgresDriver).master as Pool;
    const door = await GuestDoor.open(pool, embedded.socketFolder, embedded.guestFolder).catch(
      async (error: unknown) => {
        await dataSource.destroy();
        throw error;
      },
    );
    const close = async () => {
      door.close();
      await dataSource.destroy();
      await embedded.close();
    };
    return { dataSource, migrated, close };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

/**
 * The database of a command-line tool: as above, but as a guest of the running server when that has the folder open.
 */
export async function openDatabaseBeside(config: DatabaseConfig): Promise<OpenDatabase> {
  const holder = config.databaseUrl ? undefined : DataFolderLock.holderOf(config.dataDir);
  return holder ? connected({ socketFolder: holder.guestFolder, guest: true }, false) : openDatabase(config);
}

async function connected(address: DatabaseAddress, runMigrations: boolean): Promise<OpenDatabase> {
  const dataSource = makeDataSource(address);
  try {
    await dataSource.initialize();
  } catch (error) {
    throw startupError(error);
  }
  try {
    const migrated = runMigrations ? await migrate(dataSource, 'url' in address) : [];
    if (!runMigrations && (await dataSource.showMigrations())) {
      throw new StartupError('The database schema is older than this program. Run `npm run cli -- migrate` first.');
    }
    return { dataSource, migrated, close: () => dataSource.destroy() };
  } catch (error) {
    await dataSource.destroy();
    throw startupError(error);
  }
}

function startupError(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '28P01' || code === '28000')
    return new StartupError('The database refused the user or password in DATABASE_URL.', { cause: error });
  if (code === '3D000')
    return new StartupError('The database named in DATABASE_URL does not exist. Create it first.', { cause: error });
  if (code === '42501')
    return new StartupError(
      'The database user may not create tables. Grant it CREATE, or run `migrate` as one who may and start with MIGRATE=false.',
      { cause: error },
    );
  if (isDatabaseUnavailable(error)) {
    return new StartupError(
      `The database cannot be reached (${code ?? message}). Check that it runs and that DATABASE_URL is right.`,
      { cause: error },
    );
  }
  return error;
}
