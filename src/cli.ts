import { Command, CommanderError } from 'commander';
import { auditCommand } from './cli/audit.js';
import { attemptCommand } from './cli/attempt.js';
import { clientCommand } from './cli/client.js';
import { doctorCommand } from './cli/doctor.js';
import { keysCommand } from './cli/keys.js';
import { migrateCommand } from './cli/migrate.js';
import { resourceCommand } from './cli/resource.js';
import { organizationCommand } from './cli/organization.js';
import { setupLinkCommand } from './cli/setup-link.js';
import { userCommand } from './cli/user.js';
import { ConfigurationError } from './config/environment.js';
import { StartupError } from './database/database-error.js';
import { CommandFault } from './cli/command-fault.js';

/** The command line of whoever runs the server. Exit codes: 0 done, 1 refused or failed, 2 used wrongly. */
async function main(): Promise<void> {
  const program = new Command('cli')
    .description('Commands for whoever runs bkend MCP Auth. They work beside the running server.')
    .showHelpAfterError()
    .exitOverride();
  for (const command of [
    userCommand(),
    organizationCommand(),
    clientCommand(),
    resourceCommand(),
    keysCommand(),
    auditCommand(),
    migrateCommand(),
    setupLinkCommand(),
    doctorCommand(),
    attemptCommand(),
  ])
    program.addCommand(inherit(command));
  await program.parseAsync();
}

function inherit(command: Command): Command {
  command.exitOverride().showHelpAfterError();
  command.commands.forEach((child) => inherit(child as Command));
  return command;
}

main().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  const known = error instanceof CommandFault || error instanceof ConfigurationError || error instanceof StartupError;
  console.error(known ? (error as Error).message : error);
  process.exit(1);
});
