import { Command } from 'commander';
import { Config } from '../config/config.js';
import { grantToRole } from '../database/grant-to-role.js';
import { openDatabaseBeside } from '../database/open-database.js';
import { CommandFault } from './command-fault.js';
import { say } from './output.js';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database schema up to date; a starting server does this itself unless MIGRATE=false')
    .option('--grant-to <role>', 'then let this role of PostgreSQL run the server, and no more: with MIGRATE=false')
    .action(migrate);
}

async function migrate({ grantTo: role }: { grantTo?: string }): Promise<void> {
  const config = Config.fromProcess();
  if (role !== undefined && !config.databaseUrl)
    throw new CommandFault('The embedded database has no roles. Set DATABASE_URL.');
  const { dataSource, close, migrated } = await openDatabaseBeside({ ...config, migrate: true });
  try {
    if (role !== undefined) await grantToRole(dataSource, role);
  } finally {
    await close();
  }
  say(migrated.length === 0 ? 'The schema is up to date.' : `Done: ${migrated.join(', ')}.`);
  if (role !== undefined)
    say(`${role} can run the server with MIGRATE=false. It can add to the log, and not change it.`);
}
