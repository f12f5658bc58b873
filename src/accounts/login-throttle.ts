import { Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { RateLimitStore } from '../database/rate-limit-store.js';
import { type Text, text } from '../texts/text.js';
import { consume, forget, giveBack, makeLimiter } from './limiter.js';
import { networkOf } from './network.js';

/**
 * Too many wrong passwords or codes. `retryAfter`: seconds until the next try is heard; `first`: none was refused
 * before.
 */
export class TooManyAttempts extends Error {
  constructor(
    readonly retryAfter: number,
    readonly first: boolean,
  ) {
    super(`too many attempts, again in ${retryAfter} s`);
  }
}

/** What a page says when a password is not heard for so many seconds. */
export function throttled(retryAfter: number): Text {
  return text('login.throttled', { minutes: Math.ceil(retryAfter / 60) });
}

/**
 * Wrong passwords are counted per account and address together, so that a stranger cannot lock the owner out, and per
 * address, so that one cannot try one password on many accounts. Of IPv6, an address is a whole /64.
 */
@Injectable()
export class LoginThrottle {
  private readonly perAccountAndAddress?: RateLimiterAbstract;
  private readonly perAddress?: RateLimiterAbstract;

  constructor(config: Config, store: RateLimitStore) {
    this.perAccountAndAddress = makeLimiter(config, store, { keyPrefix: 'login', points: 10, duration: 15 * 60 });
    this.perAddress = makeLimiter(config, store, { keyPrefix: 'login-address', points: 100, duration: 15 * 60 });
  }

  /** Counts an attempt before it is made, so that parallel ones are all counted. Throws `TooManyAttempts`. */
  async attempt(email: string, address: string): Promise<void> {
    const network = networkOf(address);
    await spend(this.perAddress, network);
    await spend(this.perAccountAndAddress, `${email} ${network}`);
  }

  /** A right password was no attack. */
  async succeeded(email: string, address: string): Promise<void> {
    const network = networkOf(address);
    await forget(this.perAccountAndAddress, `${email} ${network}`);
    await giveBack(this.perAddress, network);
  }
}

/** Counts one. Throws `TooManyAttempts`. */
export async function spend(limiter: RateLimiterAbstract | undefined, key: string): Promise<void> {
  const refusal = await consume(limiter, key);
  if (!refusal) return;
  throw new TooManyAttempts(Math.ceil(refusal.msBeforeNext / 1000), refusal.consumedPoints === limiter!.points + 1);
}
