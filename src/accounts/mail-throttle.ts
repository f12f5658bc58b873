import { Injectable } from '@nestjs/common';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { RateLimitStore } from '../database/rate-limit-store.js';

const HOUR = 3_600;

/** How many mails a stranger can have sent: to one person, and from one place. What exceeds it is not sent, and nothing shows. */
@Injectable()
export class MailThrottle {
  private readonly limiters: readonly RateLimiterAbstract[];

  constructor(config: Config, store: RateLimitStore) {
    const limiter = (keyPrefix: string, points: number) =>
      config.rateLimits === 'postgres'
        ? new RateLimiterPostgres({ keyPrefix, points, duration: HOUR, ...store.options })
        : new RateLimiterMemory({ keyPrefix, points, duration: HOUR });
    this.limiters = config.rateLimits === 'off' ? [] : [limiter('mail-to', 5), limiter('mail-from', 30)];
  }

  /** Whether one more may be sent to this person, asked for from this address. */
  async allows(email: string, address: string): Promise<boolean> {
    try {
      const keys = [email, address];
      for (const [index, limiter] of this.limiters.entries()) await limiter.consume(keys[index]!.slice(0, 200));
      return true;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return false;
      throw refusal;
    }
  }
}
