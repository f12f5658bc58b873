import { createHash } from 'node:crypto';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Config } from '../config/config.js';
import type { RateLimitStore } from '../database/rate-limit-store.js';

/** A longer key does not fit the table with its prefix. */
const LONGEST_KEY = 200;

/** Counts `points` in `duration` seconds, where the operator has it counted; undefined when nothing is. */
export function makeLimiter(
  { rateLimits }: Config,
  store: RateLimitStore,
  options: { readonly keyPrefix: string; readonly points: number; readonly duration: number },
): RateLimiterAbstract | undefined {
  if (rateLimits === 'off') return undefined;
  return rateLimits === 'postgres'
    ? // Who was refused is remembered until it is over: a refusal shall cost the database nothing.
      new RateLimiterPostgres({ ...options, ...store.options, inMemoryBlockOnConsumed: options.points + 1 })
    : new RateLimiterMemory(options);
}

/** Counts one. The refusal, when it is too much. */
export async function consume(
  limiter: RateLimiterAbstract | undefined,
  key: string,
): Promise<RateLimiterRes | undefined> {
  try {
    await limiter?.consume(keyOf(key));
    return undefined;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}

/** All that was counted is forgotten, refusals too. */
export async function forget(limiter: RateLimiterAbstract | undefined, key: string): Promise<void> {
  await limiter?.delete(keyOf(key));
}

/** Takes one back. */
export async function giveBack(limiter: RateLimiterAbstract | undefined, key: string): Promise<void> {
  await limiter?.reward(keyOf(key));
}

const keyOf = (key: string) => (key.length > LONGEST_KEY ? createHash('sha256').update(key).digest('base64url') : key);
