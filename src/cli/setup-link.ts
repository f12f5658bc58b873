import { Command } from 'commander';
import { CommandFault } from './command-fault.js';
import { say } from './output.js';
import { withServices } from './services.js';

export function setupLinkCommand(): Command {
  return new Command('setup-link')
    .description('a link to make the first account in a browser; works once, for 30 minutes')
    .action(async () => {
      const link = await withServices(({ firstOperator }) => firstOperator.setupLink());
      if (!link) throw new CommandFault('There are accounts already. Make another with "user create".');
      say(link);
    });
}
