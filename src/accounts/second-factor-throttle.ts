import { Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { RateLimitStore } from '../database/rate-limit-store.js';
import { forget, giveBack, makeLimiter } from './limiter.js';
import { spend } from './login-throttle.js';
import { networkOf } from './network.js';

/** Within which a person who was locked out by wrong codes is heard again, in seconds. */
const WINDOW = 15 * 60;

/**
 * Wrong codes. Whoever gets here knows the password, and may have many addresses: so they are counted per account too,
 * and at ten in fifteen minutes it takes about a year to find a code of six digits.
 */
@Injectable()
export class SecondFactorThrottle {
  private readonly perAccount?: RateLimiterAbstract;
  private readonly perAccountAndAddress?: RateLimiterAbstract;

  constructor(config: Config, store: RateLimitStore) {
    this.perAccount = makeLimiter(config, store, { keyPrefix: 'code', points: 10, duration: WINDOW });
    this.perAccountAndAddress = makeLimiter(config, store, { keyPrefix: 'code-address', points: 5, duration: WINDOW });
  }

  /** Counts an attempt before it is made, so that parallel ones are all counted. Throws `TooManyAttempts`. */
  async attempt(userId: string, address: string): Promise<void> {
    await spend(this.perAccountAndAddress, `${userId} ${networkOf(address)}`);
    await spend(this.perAccount, userId);
  }

  /** A right code was no attack; but what others tried meanwhile still counts. */
  async succeeded(userId: string, address: string): Promise<void> {
    await forget(this.perAccountAndAddress, `${userId} ${networkOf(address)}`);
    await giveBack(this.perAccount, userId);
  }
}
