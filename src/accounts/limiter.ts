import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Config } from '../config/config.js';
import type { RateLimitStore } from '../database/rate-limit-store.js';

/** Counts `points` in `duration` seconds, where the operator has it counted; undefined when nothing is. */
export function makeLimiter(
  { rateLimits }: Config,
  store: RateLimitStore,
  options: { readonly keyPrefix: string; readonly points: number; readonly duration: number },
): RateLimiterAbstract | undefined {
  if (rateLimits === 'off') return undefined;
  return rateLimits === 'postgres'
    ? new RateLimiterPostgres({ ...options, ...store.options })
    : new RateLimiterMemory(options);
}
