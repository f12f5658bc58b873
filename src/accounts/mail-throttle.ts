import { Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { RateLimitStore } from '../database/rate-limit-store.js';
import { consume, makeLimiter } from './limiter.js';
import { networkOf } from './network.js';

const HOUR = 3_600;

/**
 * How many mails can be had: by a stranger, to one person and from one place, and what exceeds it is not sent, and
 * nothing shows; by somebody who is logged in, to addresses they name. The two are counted apart, so that nobody uses
 * up what somebody needs who forgot their password.
 */
@Injectable()
export class MailThrottle {
  private readonly to?: RateLimiterAbstract;
  private readonly from?: RateLimiterAbstract;
  private readonly named?: RateLimiterAbstract;
  private readonly by?: RateLimiterAbstract;

  constructor(config: Config, store: RateLimitStore) {
    this.to = makeLimiter(config, store, { keyPrefix: 'mail-to', points: 5, duration: HOUR });
    this.from = makeLimiter(config, store, { keyPrefix: 'mail-from', points: 30, duration: HOUR });
    this.named = makeLimiter(config, store, { keyPrefix: 'mail-named', points: 5, duration: HOUR });
    this.by = makeLimiter(config, store, { keyPrefix: 'mail-by', points: 100, duration: HOUR });
  }

  /** Whether one more may be sent to this person, asked for from this address. */
  async allows(email: string, address: string): Promise<boolean> {
    return this.spend([this.from, networkOf(address)], [this.to, email]);
  }

  /** Whether one more may be sent to an address that this person names. */
  async allowsNaming(email: string, userId: string): Promise<boolean> {
    return this.spend([this.by, userId], [this.named, email]);
  }

  /** Who asks goes first: what exceeds their share takes nothing from that of whom it is for. */
  private async spend(...shares: readonly [RateLimiterAbstract | undefined, string][]): Promise<boolean> {
    for (const [limiter, key] of shares) if (await consume(limiter, key)) return false;
    return true;
  }
}
