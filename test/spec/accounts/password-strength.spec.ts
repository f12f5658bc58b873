import { describe, expect, it } from '@jest/globals';
import { isGuessable } from '../../../src/accounts/password-strength.js';
import { Overload } from '../../../src/config/overload.js';

const SLOW = '1234567890'.repeat(10);
const EMAIL = 'ann.with-a-very-long-name@department.of-something.example.com';

describe('how easily a password is guessed', () => {
  it.each([
    ['a common one', 'password'],
    ['a common one, with digits for letters', 'p@$$w0rd1!'],
    ['a character again and again', 'a'.repeat(64)],
    ['a common one again and again', SLOW],
    ['the same with digits for letters, and cut off', 'p@$$w0rd1!'.repeat(7)],
    ['a row of keys', 'qwertyuiop[]'],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789'],
    ['words in their order', 'mondaytuesdaywednesdaythursdayfridaysaturdaysunday'],
    ['what is known of its owner, however long', EMAIL],
  ])('%s is', async (_what, password) => {
    expect(await isGuessable(password, [EMAIL])).toBe(true);
  });

  it.each([
    ['words in no order', 'violet anchor seventeen pelicans'],
    ['random characters', 'xK9!qLw2'],
    ['words that go on', 'correct horse battery staple and something else that is long'],
    ['a thousand characters', Array.from({ length: 250 }, (_, i) => (i * i + 7).toString(36)).join('')],
  ])('%s is not', async (_what, password) => {
    expect(await isGuessable(password, [EMAIL])).toBe(false);
  });

  it('whatever it takes, everything else goes on', async () => {
    await isGuessable('warm', []);
    const before = performance.eventLoopUtilization();
    for (let i = 0; i < 10; i++) await isGuessable(`${i}${SLOW}`, []);
    expect(performance.eventLoopUtilization(before).active).toBeLessThan(100);
  });

  it('is asked by so many at a time; the others may ask again', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 50 }, () => isGuessable('password', [])));
    const refused = asked.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(Overload);
    expect(asked.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(32);
    expect(await isGuessable('password', [])).toBe(true);
  });
});
