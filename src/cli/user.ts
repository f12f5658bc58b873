import { Command } from 'commander';
import { plainly } from '../texts/text.js';
import { emailFault, normalizedEmail } from '../accounts/email.js';
import { factorResetMail } from '../accounts/factor-reset-mail.js';
import type { Mail } from '../mail/mail.js';
import type { User } from '../database/entities/user.entity.js';
import { EmailTaken } from '../database/repositories/users.repository.js';
import { CommandFault } from './command-fault.js';
import { type OutputOptions, printRows, say } from './output.js';
import { readNewPassword } from './read-password.js';
import { type Services, withServices } from './services.js';

export function userCommand(): Command {
  const user = new Command('user').description('people who log in');
  user
    .command('create <email>')
    .description('make an account; asks for the password, or reads it from standard input')
    .option('--name <name>', 'what to call them (default: the part before the @)')
    .option('--operator', 'may govern the whole server')
    .action(create);
  user.command('list').description('everybody').option('--json', 'as JSON').action(list);
  user
    .command('set-password <email>')
    .description('give somebody a new password; logs them out and disconnects their tools')
    .action(setPassword);
  user
    .command('disable <email>')
    .description('lock somebody out, and end their sessions and connected tools')
    .action(disable);
  user
    .command('reset-second-factor <email>')
    .description(
      'take the second factors away from somebody who lost them; logs them out, and disconnects their tools from organizations that require one',
    )
    .action(resetSecondFactor);
  return user;
}

async function create(email: string, options: { name?: string; operator?: true }): Promise<void> {
  const fault = emailFault(email);
  if (fault) throw new CommandFault(plainly(fault, 'en'));
  const address = normalizedEmail(email);
  const password = await readNewPassword();
  await withServices(async ({ users, passwords, clock }) => {
    const passwordHash = await passwords.hash(password);
    try {
      await users.create(
        {
          email: address,
          name: options.name ?? address.split('@', 1)[0]!,
          passwordHash,
          operator: options.operator ?? false,
        },
        clock.now(),
      );
    } catch (error) {
      if (error instanceof EmailTaken) throw new CommandFault(`There is an account for ${address} already.`);
      throw error;
    }
  });
  say(`Made an account for ${address}.`);
}

async function list(options: OutputOptions): Promise<void> {
  const users = await withServices((services) => services.users.list());
  const rows = users.map(({ email, name, operator, createdAt, disabledAt }) => ({
    email,
    name,
    operator,
    created: createdAt,
    disabled: disabledAt,
  }));
  printRows(rows, options, 'There are no accounts yet. Make the first with "setup-link" or "user create".');
}

async function setPassword(email: string): Promise<void> {
  const password = await readNewPassword();
  await withServices(async (services) => {
    const user = await find(services, email);
    await services.users.setPassword(user.id, await services.passwords.hash(password), services.clock.now());
  });
  say(`${normalizedEmail(email)} has a new password. They are logged out everywhere and their tools are disconnected.`);
}

async function disable(email: string): Promise<void> {
  const done = await withServices(async (services) => {
    const user = await find(services, email);
    return services.standing.disable(user.id, services.clock.now());
  });
  if (done === 'last operator')
    throw new CommandFault(`${normalizedEmail(email)} is the last operator. Make somebody else one first.`);
  say(
    done !== 'disabled before'
      ? `${normalizedEmail(email)} is locked out. Their sessions and connected tools have ended.`
      : `${normalizedEmail(email)} was disabled before.`,
  );
}

async function resetSecondFactor(email: string): Promise<void> {
  const address = normalizedEmail(email);
  await withServices(async (services) => {
    const user = await find(services, email);
    const at = services.clock.now();
    const done = await services.secondFactors.reset(user.id, at);
    if (!done) return say(`${address} has no second factor.`);
    say(
      `${address} logs in with the password alone, until they set up another. Their sessions have ended, and ${done.live} of their connections.`,
    );
    say(await told(services, factorResetMail(user, 'en', services.config.origin, at)));
  });
}

/** The outbox is the running server's, so what cannot be sent from here is for whoever typed the command to say. */
async function told({ mailer }: Pick<Services, 'mailer'>, mail: Mail): Promise<string> {
  if (!mailer.delivers) return 'No mail tells them, since SMTP_URL is not set: tell them yourself.';
  const { state, reason } = await mailer.sendNow(mail);
  if (state === 'sent') return 'A mail tells them.';
  return `The mail that tells them was not taken (${reason ?? 'the mail server does not answer'}): tell them yourself.`;
}

export async function find({ users }: Pick<Services, 'users'>, email: string): Promise<User> {
  const user = await users.findByEmail(normalizedEmail(email));
  if (!user) throw new CommandFault(`There is no account for ${normalizedEmail(email)}.`);
  return user;
}
