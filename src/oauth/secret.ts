import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits as base64url: 43 characters that need no escaping in a URL, a form or a Basic header. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a random secret. Slow hashes are for passwords: 256 random bits cannot be guessed. */
export function hashSecret(secret: string | Buffer): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Comparison in constant time; unequal lengths are unequal. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
