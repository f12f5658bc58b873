import { Injectable } from '@nestjs/common';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { Clock } from '../config/clock.js';
import { StoredPasskeys } from '../database/repositories/passkeys.repository.js';
import { StoredFactors } from '../database/repositories/second-factors.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { sameBytes } from '../oauth/secret.js';
import { displayName } from '../organizations/display-name.js';
import { type Text, text } from '../texts/text.js';
import { CHALLENGE_LIFETIME, type ChallengeFor, PasskeyChallenges, readAnswer } from './passkey-challenges.js';
import { Reauthentication } from './reauthentication.js';
import { hashesOf, newRecoveryCodes } from './recovery-codes.js';
import { Sealing } from '../sealing/sealing.service.js';
import type { Changed } from './second-factors.service.js';
import type { Self } from './self.js';

/** Loaded when first asked for: it is a tenth of what the server would hold when it starts. */
const webAuthn = () => import('@simplewebauthn/server');

/**
 * Passkeys (WebAuthn). Each one's own row remembers the newest challenge that was answered, and refuses it and all
 * before.
 */
@Injectable()
export class Passkeys {
  constructor(
    private readonly passkeys: StoredPasskeys,
    private readonly factors: StoredFactors,
    private readonly reauthentication: Reauthentication,
    private readonly mailer: Mailer,
    private readonly challenges: PasskeyChallenges,
    private readonly sealing: Sealing,
    private readonly clock: Clock,
  ) {}

  /** What the browser is asked, as JSON; undefined when this person has no passkey. */
  async ask(challengeFor: ChallengeFor): Promise<string | undefined> {
    const { userId } = challengeFor;
    const known = userId === undefined ? [] : await this.passkeys.ofUser(userId);
    if (userId !== undefined && known.length === 0) return undefined;
    const { generateAuthenticationOptions } = await webAuthn();
    const options = await generateAuthenticationOptions({
      rpID: this.challenges.site,
      challenge: this.challenges.make(challengeFor),
      allowCredentials: known.map(({ credentialId }) => ({ id: credentialId.toString('base64url') })),
      userVerification: 'required',
      timeout: CHALLENGE_LIFETIME * 1000,
    });
    return JSON.stringify(options);
  }

  /**
   * Who answered; undefined when it counts for nothing. Whoever it is was verified by the device: that is both factors.
   */
  async answeredBy(challengeFor: ChallengeFor, answer: unknown): Promise<string | undefined> {
    const use = await this.verified(challengeFor, answer);
    return use && this.passkeys.use(use, this.clock.now());
  }

  private async verified(challengeFor: ChallengeFor, answer: unknown) {
    const response = readAnswer<AuthenticationResponseJSON>(answer);
    if (typeof response?.id !== 'string') return undefined;
    const { id } = response;
    const passkey = await this.passkeys.find(Buffer.from(id, 'base64url'));
    if (!passkey || (challengeFor.userId ?? passkey.userId) !== passkey.userId) return undefined;
    const answered = await this.challenges.answered(challengeFor, async (expected) => {
      // Whoever is not known yet is named by the device.
      const handle = Buffer.from(response.response.userHandle ?? '', 'base64url');
      if (challengeFor.userId === undefined && !sameBytes(handle, passkey.userHandle)) return { verified: false };
      // The count is compared where it is written.
      const credential = { id, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 };
      const { verifyAuthenticationResponse } = await webAuthn();
      return verifyAuthenticationResponse({ response, credential, ...expected });
    });
    if (!answered) return undefined;
    const { credentialId } = passkey;
    const { outcome, challenge } = answered;
    return { credentialId, signCount: outcome.authenticationInfo.newCounter, challengeAt: new Date(challenge.at) };
  }

  /** What the browser is asked for a new passkey, as JSON. */
  async askForNew(self: Self, browser: string): Promise<string> {
    const known = await this.passkeys.ofUser(self.userId);
    // The same every time: what a device made and we did not keep is replaced by what it makes next (WebAuthn §6.3.2).
    const handle = known[0]?.userHandle ?? this.sealing.mac('passkey-handle', self.userId);
    const { generateRegistrationOptions } = await webAuthn();
    const options = await generateRegistrationOptions({
      rpName: this.challenges.site,
      rpID: this.challenges.site,
      userName: self.email,
      userDisplayName: self.name,
      userID: Uint8Array.from(handle),
      challenge: this.challenges.make({ use: 'adding', browser, userId: self.userId }, handle.toString('base64url')),
      timeout: CHALLENGE_LIFETIME * 1000,
      attestationType: 'none',
      excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId.toString('base64url') })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    return JSON.stringify(options);
  }

  /** Keeps a new passkey. */
  async add(
    self: Self,
    browser: string,
    { name: given, password, answer }: { name: string; password: string; answer: string },
  ): Promise<Changed> {
    const name = displayName(given);
    if (name === undefined) return text('form.name-rule');
    return this.reauthentication.before<Changed>(self, password, async ({ passwordHash }) => {
      const { userId } = self;
      const made = await this.made({ use: 'adding', browser, userId }, answer);
      if (!made) return text('passkey.not-made');
      const codes = newRecoveryCodes();
      const passkey = { userId, name, ...made };
      const added = await this.factors.addPasskey(passkey, hashesOf(userId, codes), this.clock.now(), passwordHash);
      if (!added) return text('passkey.not-kept');
      this.tell(self, text('mail.passkey-added', { name }));
      return { recoveryCodes: added === 'first' ? codes : undefined };
    });
  }

  private async made(challengeFor: ChallengeFor, answer: string) {
    const response = readAnswer<RegistrationResponseJSON>(answer);
    if (!response) return undefined;
    const { verifyRegistrationResponse } = await webAuthn();
    const answered = await this.challenges.answered(challengeFor, (expected) =>
      verifyRegistrationResponse({ response, ...expected }),
    );
    if (!answered) return undefined;
    const { outcome, challenge } = answered;
    if (challenge.handle === undefined) return undefined;
    const { id, publicKey, counter } = outcome.registrationInfo.credential;
    return {
      credentialId: Buffer.from(id, 'base64url'),
      publicKey: Buffer.from(publicKey),
      userHandle: Buffer.from(challenge.handle, 'base64url'),
      signCount: String(counter),
      newestChallenge: new Date(challenge.at),
    };
  }

  /** False: there is no such passkey. */
  async rename(self: Self, id: string, given: string): Promise<Text | boolean> {
    const name = displayName(given);
    if (name === undefined) return text('form.name-rule');
    const done = await this.passkeys.rename({ id, userId: self.userId, name }, this.clock.now());
    if (done) this.tell(self, text('mail.passkey-renamed', { name }));
    return done;
  }

  /** False: there is no such passkey. */
  remove(self: Self, id: string, password: string): Promise<Text | boolean> {
    return this.reauthentication.before(self, password, async ({ passwordHash }) => {
      const ended = await this.factors.removePasskey({ id, userId: self.userId }, this.clock.now(), passwordHash);
      if (!ended) return false;
      this.tell(self, text('mail.passkey-removed'));
      return true;
    });
  }

  private tell({ email, locale }: Self, lead: Text): void {
    this.mailer.send({ to: email, locale, subject: text('mail.security'), lead, note: text('mail.not-you') });
  }
}
