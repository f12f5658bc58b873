import { randomBytes } from 'node:crypto';
import { hashSecret } from '../oauth/secret.js';

const COUNT = 10;
const LENGTH = 16;
/** 32 signs, none of which looks like another. */
const SIGNS = 'abcdefghijkmnpqrstuvwxyz23456789';
const FORM = new RegExp(`^[${SIGNS}]{${LENGTH}}$`);

/** A set of codes, each of 80 random bits: no hash of one can be turned back. Shown once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: COUNT }, () =>
    Array.from(randomBytes(LENGTH), (byte) => SIGNS[byte % SIGNS.length])
      .join('')
      .replace(/(.{4})(?=.)/g, '$1-'),
  );
}

/** A code however it was typed; undefined when it cannot be one. */
export function recoveryCodeOf(typed: string): string | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, '');
  return FORM.test(code) ? code : undefined;
}

/** What is stored of a set. */
export const hashesOf = (userId: string, codes: readonly string[]) =>
  codes.map((code) => hashRecoveryCode(userId, code));

/** What is stored of it: of no use with another person's. */
export function hashRecoveryCode(userId: string, code: string): Buffer {
  return hashSecret(`${userId} ${recoveryCodeOf(code)}`);
}
