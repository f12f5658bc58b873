import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { networkOf } from '../accounts/network.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import type { Finding, Rule } from '../oauth/finding.js';

/**
 * Guesses of one network in a minute. No tool that goes wrong comes near it, nor do all tools of a company together.
 */
export const GUESSES_A_MINUTE = 1_000;
const MINUTE_MS = 60_000;
const NETWORKS = 10_000;

const GUESSED: ReadonlySet<Rule> = new Set([
  'code-known',
  'code-proof',
  'client-secret',
  'resource-server-credentials',
]);

/**
 * Whoever tries codes, verifiers, tokens and secrets is told to stop (RFC 6749 §2.3.1). What counts was never given out
 * here, so nothing that expired or was revoked does. It counts in this node's memory alone: a guess shall cost the
 * database nothing. And a right credential is always heard, since the tools of one company, or of one provider, share
 * an address.
 */
@Injectable()
export class GuessThrottle {
  /** By minute and network. */
  private readonly guesses = new LRUCache<string, number>({ max: NETWORKS });

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Counts a refusal, if it is of a guess. How many seconds to wait when it was one too many; undefined otherwise. */
  count({ rule, compared }: Finding, address: string): number | undefined {
    if (this.config.rateLimits === 'off' || !(GUESSED.has(rule) || compared['made_here'] === false)) return undefined;
    const now = this.clock.now().getTime();
    const key = `${Math.floor(now / MINUTE_MS)} ${networkOf(address)}`;
    const guesses = (this.guesses.get(key) ?? 0) + 1;
    this.guesses.set(key, guesses);
    return guesses > GUESSES_A_MINUTE ? Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1000) : undefined;
  }
}
