import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { UserStanding } from '../database/repositories/user-standing.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { Sealing } from '../sealing/sealing.service.js';
import { type Text, text } from '../texts/text.js';
import { emailFault, normalizedEmail } from './email.js';
import { MailThrottle } from './mail-throttle.js';
import { passwordDigest, passwordFault, Passwords } from './passwords.js';
import { Reauthentication } from './reauthentication.js';
import type { Self } from './self.js';

/** A link that confirms a new address works for this long, in seconds. */
const LIFETIME = 24 * 3_600;

/**
 * What the link holds. It ends with the password it was asked for with: what a thief began, the owner ends by a new
 * one.
 */
interface EmailChange {
  readonly userId: string;
  readonly from: string;
  readonly to: string;
  readonly password: string;
}

/** What somebody changes about their own account. Each asks for the password again. */
@Injectable()
export class OwnAccount {
  constructor(
    private readonly reauthentication: Reauthentication,
    private readonly users: Users,
    private readonly standing: UserStanding,
    private readonly passwords: Passwords,
    private readonly mailer: Mailer,
    private readonly throttle: MailThrottle,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Keeps this session and ends the others; `tools`: every connection too. What is wrong, if anything. */
  changePassword(self: Self, current: string, password: string, tools: boolean): Promise<Text | undefined> {
    return this.reauthentication.before(self, current, async (user) => {
      const fault = await passwordFault(password, [self.email, self.name]);
      if (fault) return fault;
      const change = { userId: self.userId, from: user.passwordHash, to: await this.passwords.hash(password) };
      if (!(await this.users.changePassword({ ...change, keep: self.idHash, tools }, this.clock.now())))
        return text('account.wrong-password');
      this.tell(self, self.email, text('mail.password-changed'));
      return undefined;
    });
  }

  /** Sends a link to the new address; nothing changes before it comes back. What is wrong, if anything. */
  async askForEmail(self: Self, current: string, email: string): Promise<Text | undefined> {
    const fault = emailFault(email);
    if (fault) return fault;
    return this.reauthentication.before(self, current, async (user) => {
      const to = normalizedEmail(email);
      if (!(await this.throttle.allowsNaming(to, self.userId))) return text('account.too-many-mails');
      const change: EmailChange = { userId: self.userId, from: self.email, to, password: passwordDigest(user) };
      const token = this.sealing.sealValue('email-change', change, LIFETIME);
      this.mailer.send({
        to,
        locale: self.locale,
        subject: text('mail.email'),
        lead: text('mail.email-lead', { email: to }),
        link: {
          label: text('mail.email-link'),
          href: `${this.config.origin}/console/account/email/confirm?token=${token}`,
        },
        note: text('mail.nobody'),
      });
      return undefined;
    });
  }

  /** The new address a link of this person confirms; undefined when it cannot be used (any more). */
  async confirms(self: Self, token: unknown): Promise<string | undefined> {
    return (await this.opened(self, token))?.to;
  }

  /** Whether the address is changed: not when somebody has it, or the link cannot be used. The old one is told. */
  async confirmEmail(self: Self, token: unknown): Promise<boolean> {
    const change = await this.opened(self, token);
    if (!change || !(await this.users.changeEmail(change, this.clock.now()))) return false;
    this.tell(self, self.email, text('mail.email-changed', { email: change.to }));
    return true;
  }

  /** Erases the account. What is wrong, if anything. */
  erase(self: Self, current: string): Promise<Text | undefined> {
    return this.reauthentication.before(self, current, async ({ passwordHash }) => {
      const outcome = await this.standing.erase(self.userId, this.clock.now(), passwordHash);
      if (outcome === 'last operator') return text('account.last-operator');
      if (outcome !== 'erased') return text('account.sole-owner', { organizations: outcome.soleOwnerOf.join(', ') });
      this.tell(self, self.email, text('mail.erased'));
      return undefined;
    });
  }

  private async opened(self: Self, token: unknown) {
    const change = this.sealing.openLiving<EmailChange>('email-change', token);
    if (change?.userId !== self.userId || change.from !== self.email) return undefined;
    const { userId, from, to, password } = change;
    const user = await this.users.find(userId);
    return user && passwordDigest(user) === password
      ? { userId, from, to, passwordHash: user.passwordHash }
      : undefined;
  }

  private tell({ locale }: Self, to: string, lead: Text): void {
    this.mailer.send({ to, locale, subject: text('mail.account'), lead, note: text('mail.not-you') });
  }
}
