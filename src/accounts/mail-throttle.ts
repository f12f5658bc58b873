import { Injectable } from '@nestjs/common';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { RateLimitStore } from '../database/rate-limit-store.js';
import { makeLimiter } from './limiter.js';
import { networkOf } from './network.js';

const HOUR = 3_600;

/** How many mails a stranger can have sent: to one person, and from one place. What exceeds it is not sent, and nothing shows. */
@Injectable()
export class MailThrottle {
  private readonly to?: RateLimiterAbstract;
  private readonly from?: RateLimiterAbstract;

  constructor(config: Config, store: RateLimitStore) {
    this.to = makeLimiter(config, store, { keyPrefix: 'mail-to', points: 5, duration: HOUR });
    this.from = makeLimiter(config, store, { keyPrefix: 'mail-from', points: 30, duration: HOUR });
  }

  /** Whether one more may be sent to this person, asked for from this address. */
  async allows(email: string, address: string): Promise<boolean> {
    try {
      await this.to?.consume(email.slice(0, 200));
      await this.from?.consume(networkOf(address).slice(0, 200));
      return true;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return false;
      throw refusal;
    }
  }
}
