import { Command } from 'commander';
import { CommandFault } from './command-fault.js';
import { say } from './output.js';
import { withServices } from './services.js';

export function auditCommand(): Command {
  const audit = new Command('audit').description('the log of who did what');
  audit
    .command('verify')
    .description('whether anything in the log was changed since it was sealed; prints the head, to be kept elsewhere')
    .option('--head <head>', 'a head that was kept: tells also whether the end was cut off since')
    .option(
      '--from <head>',
      'a head that was kept: begins behind it, where a secret that sealed what is before is gone',
    )
    .action(verify);
  return audit;
}

async function verify({ head: kept, from }: { head?: string; from?: string }): Promise<void> {
  if ([kept, from].some((head) => head !== undefined && !/^\d{1,18}:[\w-]*$/.test(head)))
    throw new CommandFault('The head must be one that "audit verify" printed, such as 120:Zm9v.');
  const { events, head, faults } = await withServices(({ auditVerifier }) => auditVerifier.verify(kept, from));
  if (faults.length > 0) throw new CommandFault(['The log was changed:', ...faults].join('\n  '));
  say(`${events} events, and none was changed since it was sealed.`);
  say(`Head: ${head}`);
}
