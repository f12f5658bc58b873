import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Sealing } from '../sealing/sealing.service.js';

/** A challenge can be answered for this long, in seconds. */
export const CHALLENGE_LIFETIME = 5 * 60;
const MAX_ANSWER_LENGTH = 16_384;

/** What a challenge is made for, in which browser; and for whom, once that is known. */
export interface ChallengeFor {
  readonly use: 'log-in' | 'proof' | 'adding';
  readonly browser: string;
  readonly userId?: string;
}

interface Challenge {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What a new passkey is to know its person by. */
  readonly handle?: string;
}

/** What the library is told to expect of every answer. */
interface Expected {
  readonly expectedChallenge: (value: string) => boolean;
  readonly expectedOrigin: string;
  readonly expectedRPID: string;
  readonly requireUserVerification: true;
}

/**
 * Challenges of passkeys: values sealed for one use, browser and person, so nothing is stored when a stranger is shown
 * one.
 */
@Injectable()
export class PasskeyChallenges {
  /** The site passkeys are for. */
  readonly site: string;

  constructor(
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    this.site = new URL(config.origin).hostname;
  }

  make(challengeFor: ChallengeFor, handle?: string): Uint8Array<ArrayBuffer> {
    const challenge: Challenge = { at: this.clock.now().getTime(), ...(handle !== undefined && { handle }) };
    const sealed = this.sealing.sealValue('passkey-challenge', challenge, CHALLENGE_LIFETIME, contextOf(challengeFor));
    return Uint8Array.from(Buffer.from(sealed, 'base64url'));
  }

  /** What `verify` finds with what is expected, and the challenge that was answered; undefined when it is no answer. */
  async answered<Outcome extends { readonly verified: boolean }>(
    challengeFor: ChallengeFor,
    verify: (expected: Expected) => Promise<Outcome>,
  ): Promise<{ readonly outcome: Outcome & { verified: true }; readonly challenge: Challenge } | undefined> {
    const open = (value: string) =>
      this.sealing.openLiving<Challenge>('passkey-challenge', value, contextOf(challengeFor));
    let challenge: Challenge | undefined;
    try {
      const outcome = await verify({
        expectedChallenge: (value) => (challenge = open(value)) !== undefined,
        expectedOrigin: this.config.origin,
        expectedRPID: this.site,
        requireUserVerification: true,
      });
      return isVerified(outcome) && challenge ? { outcome, challenge } : undefined;
    } catch {
      // Whatever was sent, it is no answer.
      return undefined;
    }
  }
}

/** What a browser sent as its answer, if it is an object. */
export function readAnswer<T>(answer: unknown): T | undefined {
  if (typeof answer !== 'string' || answer.length > MAX_ANSWER_LENGTH) return undefined;
  try {
    const value: unknown = JSON.parse(answer);
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

const isVerified = <Outcome extends { readonly verified: boolean }>(
  outcome: Outcome,
): outcome is Outcome & { verified: true } => outcome.verified;

const contextOf = ({ use, browser, userId = '' }: ChallengeFor) => `${use} ${browser} ${userId}`;
