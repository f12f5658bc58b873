import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import type { SecondFactor } from '../database/entities/session.entity.js';
import type { Ended } from '../database/repositories/end-grants.js';
import { StoredFactors } from '../database/repositories/second-factors.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { Sealing } from '../sealing/sealing.service.js';
import { type Locale, plainly, type Text, text } from '../texts/text.js';
import { appUri, newAppSecret, stepOf, typedSecret } from './authenticator.js';
import { TooManyAttempts } from './login-throttle.js';
import { factorResetMail } from './factor-reset-mail.js';
import { Reauthentication } from './reauthentication.js';
import { hashesOf, hashRecoveryCode, newRecoveryCodes, recoveryCodeOf } from './recovery-codes.js';
import { SecondFactorThrottle } from './second-factor-throttle.js';
import type { Self } from './self.js';

/** Somebody who has begun to set up an app has this long to go on, in seconds. */
const SETUP_LIFETIME = 30 * 60;

/** Who is to prove a second factor, and from where. */
export interface Proving {
  readonly userId: string;
  readonly email: string;
  readonly locale: Locale;
  readonly address: string;
}

/** An app that is being set up: what it is to be given, and what the form carries until its first code comes back. */
export interface AppSetup {
  readonly sealed: string;
  readonly uri: string;
  readonly typed: string;
}

/** What came of a change: the new recovery codes when there are any, or what was wrong. */
export type Changed = { readonly recoveryCodes: readonly string[] | undefined } | Text;

/**
 * What somebody proves besides the password, and how they set it up. Every change asks for the password, and is mailed.
 */
@Injectable()
export class SecondFactors {
  constructor(
    private readonly stored: StoredFactors,
    private readonly users: Users,
    private readonly reauthentication: Reauthentication,
    private readonly throttle: SecondFactorThrottle,
    private readonly mailer: Mailer,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * By which factor this code proves who they are; undefined when it is wrong or was used. Throws `TooManyAttempts`.
   */
  async prove(proving: Proving, typed: string): Promise<SecondFactor | undefined> {
    const { userId, address } = proving;
    try {
      await this.throttle.attempt(userId, address);
    } catch (refusal) {
      // Whoever got here knows the password: its owner must hear of it.
      if (refusal instanceof TooManyAttempts && refusal.first)
        this.tell(proving, text('mail.codes-tried'), text('mail.codes-tried-note'));
      throw refusal;
    }
    const proved = await this.proved(proving, typed);
    if (proved) await this.throttle.succeeded(userId, address);
    return proved;
  }

  private async proved(proving: Proving, typed: string): Promise<SecondFactor | undefined> {
    const { userId } = proving;
    const at = this.clock.now();
    const recoveryCode = recoveryCodeOf(typed);
    if (recoveryCode === undefined) return (await this.provedByApp(userId, typed, at)) ? 'authenticator' : undefined;
    if (!(await this.stored.useRecoveryCode(userId, hashRecoveryCode(userId, recoveryCode), at))) return undefined;
    this.tell(proving, text('mail.recovery-code-used'));
    return 'recovery-code';
  }

  private async provedByApp(userId: string, typed: string, at: Date): Promise<boolean> {
    const sealed = await this.stored.secretOf(userId);
    const secret = sealed === undefined ? undefined : this.sealing.open('authenticator-secret', sealed, userId);
    const step = secret && stepOf(typed.replace(/\s/g, ''), secret, at);
    if (step === undefined) return false;
    return this.stored.useStep({ userId, step, sealedSecret: this.sealSecret(userId, secret!) }, at);
  }

  /** A new secret for the app of this person; or the one of a form that came back. Nothing is stored. */
  setUp(self: Self, sealed?: string): AppSetup {
    const secret = (sealed === undefined ? undefined : this.secretOfSetup(self, sealed)) ?? newAppSecret();
    const issuer = `${plainly(text('brand.name'), 'en')} (${new URL(this.config.origin).hostname})`;
    return {
      sealed: this.sealing.sealValue('authenticator-setup', secret.toString('base64'), SETUP_LIFETIME, self.userId),
      uri: appUri(secret, { issuer, email: self.email }),
      typed: typedSecret(secret),
    };
  }

  /** Keeps the app once it has shown a code of the secret it was given. */
  async addApp(self: Self, { password, setup, code }: Record<'password' | 'setup' | 'code', string>): Promise<Changed> {
    const secret = this.secretOfSetup(self, setup);
    if (!secret) return text('security.setup-over');
    return this.reauthentication.before<Changed>(self, password, async ({ passwordHash }) => {
      const { userId } = self;
      const at = this.clock.now();
      const lastStep = stepOf(code.replace(/\s/g, ''), secret, at);
      if (lastStep === undefined) return text('second.wrong');
      const codes = newRecoveryCodes();
      const app = { userId, sealedSecret: this.sealSecret(userId, secret), lastStep };
      const added = await this.stored.addApp(app, hashesOf(userId, codes), at, passwordHash);
      if (!added) return text('security.app-there');
      this.tell(self, text('mail.app-added'));
      return { recoveryCodes: added === 'first' ? codes : undefined };
    });
  }

  /** What is wrong, if anything. */
  removeApp(self: Self, password: string): Promise<Text | undefined> {
    return this.reauthentication.before(self, password, async ({ passwordHash }) => {
      const ended = await this.stored.removeApp(self.userId, this.clock.now(), passwordHash);
      if (ended) this.tell(self, text('mail.app-removed'));
      return undefined;
    });
  }

  /** New recovery codes, in place of the old ones. */
  renewRecoveryCodes(self: Self, password: string): Promise<Changed> {
    return this.reauthentication.before<Changed>(self, password, async ({ passwordHash }) => {
      const recoveryCodes = newRecoveryCodes();
      const { userId } = self;
      const hashes = hashesOf(userId, recoveryCodes);
      if (!(await this.stored.replaceRecoveryCodes(userId, hashes, this.clock.now(), passwordHash)))
        return text('security.codes-for-nothing');
      this.tell(self, text('mail.recovery-codes-made'));
      return { recoveryCodes };
    });
  }

  /**
   * An operator takes all of them away from somebody who lost them, who is told. `locale`: for whoever has chosen none.
   * The connections that ended; false: they had none.
   */
  async reset(userId: string, { by, locale }: { by: string; locale: Locale }): Promise<Ended | false> {
    const at = this.clock.now();
    const user = await this.users.find(userId);
    const ended = user && (await this.stored.reset(userId, at, by));
    if (!ended) return false;
    this.mailer.send(factorResetMail(user, locale, this.config.origin, at));
    return ended;
  }

  private secretOfSetup({ userId }: Self, sealed: string): Buffer | undefined {
    const secret = this.sealing.openLiving<string>('authenticator-setup', sealed, userId);
    return secret === undefined ? undefined : Buffer.from(secret, 'base64');
  }

  private sealSecret(userId: string, secret: Buffer): string {
    return this.sealing.seal('authenticator-secret', secret, userId);
  }

  private tell(
    { email, locale }: Pick<Proving, 'email' | 'locale'>,
    lead: Text,
    note: Text = text('mail.not-you'),
  ): void {
    this.mailer.send({ to: email, locale, subject: text('mail.security'), lead, note });
  }
}
