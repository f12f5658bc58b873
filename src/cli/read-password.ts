import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { passwordFault } from '../accounts/passwords.js';
import { plainly } from '../texts/text.js';
import { CommandFault } from './command-fault.js';

/**
 * A new password: asked for twice, without echo, or the first line of standard input. Never an argument: those show in
 * process lists.
 */
export async function readNewPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await ask() : await firstLine();
  const fault = await passwordFault(password);
  if (fault) throw new CommandFault(plainly(fault, 'en'));
  return password;
}

async function ask(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  const hear = async (prompt: string) => {
    process.stderr.write(prompt);
    const heard = await lines.question('');
    process.stderr.write('\n');
    return heard;
  };
  try {
    const password = await hear('New password: ');
    if ((await hear('Once more: ')) !== password) throw new CommandFault('You typed two different passwords.');
    return password;
  } finally {
    lines.close();
  }
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  throw new CommandFault('Give the password on standard input, or run this in a terminal.');
}
