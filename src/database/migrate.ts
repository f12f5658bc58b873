import type { DataSource } from 'typeorm';

/** Any number that no other program of this database locks. */
const MIGRATION_LOCK = 727_274_301;

/**
 * Brings the schema up to date; of several nodes that start at once, one does it and the others wait. The lock is a
 * transaction's, so it also holds behind a pooler in transaction mode. Returns the names of the migrations run.
 */
export async function migrate(dataSource: DataSource, shared: boolean): Promise<string[]> {
  // The embedded database has one connection and one process: nobody to lock out.
  if (!shared) return run(dataSource);
  return dataSource.transaction(async (lock) => {
    await lock.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    return run(dataSource);
  });
}

async function run(dataSource: DataSource): Promise<string[]> {
  return (await dataSource.runMigrations()).map(({ name }) => name);
}
