import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readNewPassword } from '../../../src/cli/read-password.js';

const STRONG = 'violet anchor seventeen pelicans';

describe('a new password, in the command line', () => {
  const real = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  let shown: string;
  beforeEach(() => {
    shown = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      shown += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    Object.defineProperty(process, 'stdin', real);
  });

  /** What is read when somebody types these lines, each when it is asked for; or when they are piped. */
  const read = async (lines: string[], isTTY: boolean) => {
    const stdin = Object.assign(new PassThrough(), { isTTY });
    Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
    const password = readNewPassword();
    // It may be refused before it is waited for.
    password.catch(() => undefined);
    for (const line of lines) {
      stdin.write(`${line}\n`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return password;
  };

  it('is typed twice at a terminal, and not shown', async () => {
    expect(await read([STRONG, STRONG], true)).toBe(STRONG);
    expect(shown).toBe('New password: \nOnce more: \n');
  });

  it('is refused when the two differ', async () => {
    await expect(read([STRONG, `${STRONG}!`], true)).rejects.toThrow('two different passwords');
  });

  it('is one line where it is piped', async () => {
    expect(await read([STRONG], false)).toBe(STRONG);
    expect(shown).toBe('');
  });
});
