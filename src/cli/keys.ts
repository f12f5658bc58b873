import { Command } from 'commander';
import { JWKS_MAX_AGE, PUBLISHED_BEFORE_USE, WITHDRAWN_WITHIN } from '../jwt/key-ring.js';
import { CommandFault } from './command-fault.js';
import { type OutputOptions, printRows, say } from './output.js';
import { withServices } from './services.js';

export function keysCommand(): Command {
  const keys = new Command('keys').description('keys that sign access tokens');
  keys.command('list').description('every key with its stage').option('--json', 'as JSON').action(list);
  keys
    .command('rotate')
    .description('sign with the next key from now on; running servers follow within a second')
    .option(
      '--force',
      `even if the next key was published less than ${PUBLISHED_BEFORE_USE / 60} minutes ago: verifiers that cache keys may refuse tokens for that long`,
    )
    .action(rotate);
  keys
    .command('withdraw <kid>')
    .description(
      `a key that somebody else may have: nothing it signed is believed ${WITHDRAWN_WITHIN} seconds later; tools get new tokens by themselves`,
    )
    .action(withdraw);
  return keys;
}

async function list(options: OutputOptions): Promise<void> {
  await withServices(async ({ keys }) => {
    await keys.open();
    const rows = keys.list().map(({ kid, stage, createdAt, activatedAt, retiredAt }) => ({
      kid,
      stage,
      created: createdAt,
      activated: activatedAt,
      retired: retiredAt,
    }));
    printRows(rows, options, 'There are no keys yet.');
  });
}

async function rotate({ force = false }: { force?: boolean }): Promise<void> {
  await withServices(async ({ keys }) => {
    await keys.open();
    if (!(await keys.rotate({ force })))
      throw new CommandFault(
        'The next key was published too recently for every verifier to know it. Wait some minutes, or use --force.',
      );
    say(`Signing with ${keys.current().kid} now.`);
  });
}

async function withdraw(kid: string): Promise<void> {
  await withServices(async ({ keys }) => {
    await keys.open();
    if (!(await keys.withdraw(kid))) throw new CommandFault('No key of the ring has this id. See "keys list".');
    say(`Withdrawn. Signing with ${keys.current().kid}. Resource servers that keep our key set may believe the old key
until they read it again, ${JWKS_MAX_AGE / 60} minutes at most.`);
  });
}
