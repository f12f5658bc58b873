import { randomInt } from 'node:crypto';

/** No letter or digit that is taken for another when it is read out. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Ten characters that find one failure in the log. */
export function newSupportCode(): string {
  return Array.from({ length: 10 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
