import { Injectable } from '@nestjs/common';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { StoredPasskeys } from '../database/repositories/passkeys.repository.js';
import { StoredFactors } from '../database/repositories/second-factors.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { sameBytes } from '../oauth/secret.js';
import { displayName } from '../organizations/display-name.js';
import { Sealing } from '../sealing/sealing.service.js';
import { type Text, text } from '../texts/text.js';
import { Accounts } from './accounts.service.js';
import type { Self } from './own-account.service.js';
import { hashesOf, newRecoveryCodes } from './recovery-codes.js';
import type { Changed } from './second-factors.service.js';

/** A challenge can be answered for this long, in seconds. */
const LIFETIME = 5 * 60;
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

/**
 * Passkeys (WebAuthn). A challenge is a value sealed for one use, browser and person, so nothing is stored when a stranger
 * is shown one; the passkey's own row remembers the newest that was answered, and refuses it and all before.
 */
@Injectable()
export class Passkeys {
  constructor(
    private readonly passkeys: StoredPasskeys,
    private readonly factors: StoredFactors,
    private readonly accounts: Accounts,
    private readonly mailer: Mailer,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** What the browser is asked, as JSON; undefined when this person has no passkey. */
  async ask(challengeFor: ChallengeFor): Promise<string | undefined> {
    const { userId } = challengeFor;
    const known = userId === undefined ? [] : await this.passkeys.ofUser(userId);
    if (userId !== undefined && known.length === 0) return undefined;
    const options = await generateAuthenticationOptions({
      rpID: this.rpId,
      challenge: this.challenge(challengeFor),
      allowCredentials: known.map(({ credentialId }) => ({ id: credentialId.toString('base64url') })),
      userVerification: 'required',
      timeout: LIFETIME * 1000,
    });
    return JSON.stringify(options);
  }

  /** Who answered; undefined when it counts for nothing. Whoever it is was verified by the device: that is both factors. */
  async answeredBy(challengeFor: ChallengeFor, answer: unknown): Promise<string | undefined> {
    const use = await this.verified(challengeFor, answer);
    return use && this.passkeys.use(use, this.clock.now());
  }

  private async verified(challengeFor: ChallengeFor, answer: unknown) {
    const response = read<Parameters<typeof verifyAuthenticationResponse>[0]['response']>(answer);
    if (typeof response?.id !== 'string') return undefined;
    const { id } = response;
    const passkey = await this.passkeys.find(Buffer.from(id, 'base64url'));
    if (!passkey || (challengeFor.userId ?? passkey.userId) !== passkey.userId) return undefined;
    let challenge: Challenge | undefined;
    const expectedChallenge = (value: string) => (challenge = this.opened(challengeFor, value)) !== undefined;
    try {
      // Whoever is not known yet is named by the device.
      const handle = Buffer.from(response.response.userHandle ?? '', 'base64url');
      if (challengeFor.userId === undefined && !sameBytes(handle, passkey.userHandle)) return undefined;
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response,
        expectedChallenge,
        expectedOrigin: this.config.origin,
        expectedRPID: this.rpId,
        requireUserVerification: true,
        // The count is compared where it is written.
        credential: { id, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
      });
      if (!verified || !challenge) return undefined;
      const { credentialId } = passkey;
      return { credentialId, signCount: authenticationInfo.newCounter, challengeAt: new Date(challenge.at) };
    } catch {
      // Whatever was sent, it is no answer.
      return undefined;
    }
  }

  /** What the browser is asked for a new passkey, as JSON. */
  async askForNew(self: Self, browser: string): Promise<string> {
    const known = await this.passkeys.ofUser(self.userId);
    // The same every time: what a device made and we did not keep is replaced by what it makes next (WebAuthn §6.3.2).
    const handle = known[0]?.userHandle ?? this.sealing.mac('passkey-handle', self.userId);
    const options = await generateRegistrationOptions({
      rpName: new URL(this.config.origin).hostname,
      rpID: this.rpId,
      userName: self.email,
      userDisplayName: self.name,
      userID: Uint8Array.from(handle),
      challenge: this.challenge({ use: 'adding', browser, userId: self.userId }, handle.toString('base64url')),
      timeout: LIFETIME * 1000,
      attestationType: 'none',
      excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId.toString('base64url') })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return JSON.stringify(options);
  }

  /** Keeps a new passkey. Throws `TooManyAttempts`. */
  async add(
    self: Self,
    browser: string,
    { name: given, password, answer }: { name: string; password: string; answer: string },
  ): Promise<Changed> {
    const name = displayName(given);
    if (name === undefined) return text('form.name-rule');
    if (!(await this.accounts.authenticate(self.email, password, self.address))) return text('account.wrong-password');
    const { userId } = self;
    const made = await this.made({ use: 'adding', browser, userId }, answer);
    if (!made) return text('passkey.not-made');
    const codes = newRecoveryCodes();
    const added = await this.factors.addPasskey({ userId, name, ...made }, hashesOf(userId, codes), this.clock.now());
    if (!added) return text('passkey.not-kept');
    this.tell(self, text('mail.passkey-added', { name }));
    return { recoveryCodes: added === 'first' ? codes : undefined };
  }

  private async made(challengeFor: ChallengeFor, answer: string) {
    const response = read<Parameters<typeof verifyRegistrationResponse>[0]['response']>(answer);
    if (!response) return undefined;
    let challenge: Challenge | undefined;
    const expectedChallenge = (value: string) => (challenge = this.opened(challengeFor, value)) !== undefined;
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response,
        expectedChallenge,
        expectedOrigin: this.config.origin,
        expectedRPID: this.rpId,
        requireUserVerification: true,
      });
      if (!verified || challenge?.handle === undefined) return undefined;
      const { id, publicKey, counter } = registrationInfo.credential;
      return {
        credentialId: Buffer.from(id, 'base64url'),
        publicKey: Buffer.from(publicKey),
        userHandle: Buffer.from(challenge.handle, 'base64url'),
        signCount: String(counter),
        newestChallenge: new Date(challenge.at),
      };
    } catch {
      return undefined;
    }
  }

  /** False: there is no such passkey. */
  async rename(self: Self, id: string, given: string): Promise<Text | boolean> {
    const name = displayName(given);
    if (name === undefined) return text('form.name-rule');
    const done = await this.passkeys.rename({ id, userId: self.userId, name }, this.clock.now());
    if (done) this.tell(self, text('mail.passkey-renamed', { name }));
    return done;
  }

  /** False: there is no such passkey. Throws `TooManyAttempts`. */
  async remove(self: Self, id: string, password: string): Promise<Text | boolean> {
    if (!(await this.accounts.authenticate(self.email, password, self.address))) return text('account.wrong-password');
    const done = await this.factors.removePasskey({ id, userId: self.userId }, this.clock.now());
    if (done) this.tell(self, text('mail.passkey-removed'));
    return done;
  }

  private get rpId(): string {
    return new URL(this.config.origin).hostname;
  }

  private challenge(challengeFor: ChallengeFor, handle?: string): Uint8Array<ArrayBuffer> {
    const challenge: Challenge = { at: this.clock.now().getTime(), ...(handle !== undefined && { handle }) };
    const sealed = this.sealing.sealValue('passkey-challenge', challenge, LIFETIME, contextOf(challengeFor));
    return Uint8Array.from(Buffer.from(sealed, 'base64url'));
  }

  private opened(challengeFor: ChallengeFor, challenge: string): Challenge | undefined {
    const opened = this.sealing.openValue<Challenge>('passkey-challenge', challenge, contextOf(challengeFor));
    return opened && opened !== 'expired' ? opened.value : undefined;
  }

  private tell({ email, locale }: Self, lead: Text): void {
    this.mailer.send({ to: email, locale, subject: text('mail.security'), lead, note: text('mail.not-you') });
  }
}

const contextOf = ({ use, browser, userId = '' }: ChallengeFor) => `${use} ${browser} ${userId}`;

/** What a browser sent, if it is an object. */
function read<T>(answer: unknown): T | undefined {
  if (typeof answer !== 'string' || answer.length > MAX_ANSWER_LENGTH) return undefined;
  try {
    const value: unknown = JSON.parse(answer);
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
