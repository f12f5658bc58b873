import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { Overload } from '../config/overload.js';
import { isGuessable } from './password-strength.js';
import type { User } from '../database/entities/user.entity.js';
import { hashSecret } from '../oauth/secret.js';
import { type Text, text } from '../texts/text.js';

export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 1024;

/**
 * What is wrong with a new password; `words`: what whoever guesses knows of its owner. Length is counted in characters
 * as people see them; otherwise any characters will do.
 */
export async function passwordFault(password: string, words: readonly string[] = []): Promise<Text | undefined> {
  if ([...password].length < MIN_PASSWORD_LENGTH) return text('account.password-short', { least: MIN_PASSWORD_LENGTH });
  if (password.length > MAX_PASSWORD_LENGTH) return text('account.password-long', { most: MAX_PASSWORD_LENGTH });
  return (await isGuessable(password, words)) ? text('account.password-guessable') : undefined;
}

/** Names the password somebody has now, to whoever must know whether it is still the same. */
export const passwordDigest = ({ passwordHash }: User) => hashSecret(passwordHash).toString('base64url');

/** argon2id, 19 MiB, two passes, one lane (OWASP). The library's default algorithm is argon2id. */
const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** One processor is left for everything else: log-ins must not keep tokens waiting. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/** As many as are hashed in a few seconds. */
const WAITING_AT_MOST = 64;

/** Hashing is slow on purpose, so it has a queue of its own. Each method throws `Overload` when that is full. */
@Injectable()
export class Passwords {
  private readonly queue = pLimit(AT_ONCE);
  private readonly nobody = hash(randomBytes(32), COST);

  /** argon2id in PHC form. */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, COST));
  }

  /** Whoever was erased has no password at all. */
  verify(phc: string, password: string): Promise<boolean> {
    return phc === '' ? this.verifyNobody(password) : this.inTurn(() => verify(phc, password));
  }

  /** Takes as long as `verify` and is always false: for an account that does not exist. */
  async verifyNobody(password: string): Promise<false> {
    await this.inTurn(async () => verify(await this.nobody, password));
    return false;
  }

  /** Throws `Overload` now, when there is no room in the queue. */
  mustHaveRoom(): void {
    const { pendingCount } = this.queue;
    if (pendingCount >= WAITING_AT_MOST) throw new Overload('password hashes', pendingCount);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.mustHaveRoom();
    return this.queue(work);
  }
}
