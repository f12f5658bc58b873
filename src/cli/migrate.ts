import { Command } from 'commander';
import { Config } from '../config/config.js';
import { openDatabaseBeside } from '../database/open-database.js';
import { say } from './output.js';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database schema up to date; a starting server does this itself unless MIGRATE=false')
    .action(async () => {
      const { close, migrated } = await openDatabaseBeside({ ...Config.fromProcess(), migrate: true });
      await close();
      say(migrated.length === 0 ? 'The schema is up to date.' : `Done: ${migrated.join(', ')}.`);
    });
}
