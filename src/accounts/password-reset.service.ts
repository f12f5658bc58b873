import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import type { User } from '../database/entities/user.entity.js';
import { AuditEvents } from '../database/repositories/audit-events.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { Sealing } from '../sealing/sealing.service.js';
import { localeOf } from '../texts/locale.js';
import { type Locale, type Text, text } from '../texts/text.js';
import { normalizedEmail } from './email.js';
import { MailThrottle } from './mail-throttle.js';
import { passwordDigest, passwordFault, Passwords } from './passwords.js';

/** A reset link works for this long, in seconds. */
const LIFETIME = 3_600;

/**
 * What a link holds: who, at which address, and which password it is to replace. So it works once, and nothing is
 * stored.
 */
interface Reset {
  readonly userId: string;
  readonly email: string;
  readonly replaces: string;
}

/** A new password for whoever forgot theirs, by a link that only the owner of the address is sent. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly users: Users,
    private readonly events: AuditEvents,
    private readonly passwords: Passwords,
    private readonly mailer: Mailer,
    private readonly throttle: MailThrottle,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Sends the link if there is such an account; which shows nowhere. */
  async ask(email: string, locale: Locale, from: string): Promise<void> {
    const to = normalizedEmail(email).slice(0, 254);
    const user = to.includes('\0') ? null : await this.users.findByEmail(to);
    if (!(await this.throttle.allows(to, from)) || !user || user.disabledAt) return;
    this.send(user, locale);
  }

  /** The same for somebody an operator helps, whom nothing limits. False: they are disabled. */
  async offer(user: User, locale: Locale, by: string): Promise<boolean> {
    if (user.disabledAt) return false;
    await this.events.add({
      at: this.clock.now(),
      action: 'user.password_reset_offered',
      userId: user.id,
      detail: { by },
    });
    this.send(user, locale);
    return true;
  }

  /** Whose link this is; undefined when it cannot be used (any more). */
  async ownerOf(token: unknown): Promise<User | undefined> {
    const reset = this.sealing.openLiving<Reset>('password-reset', token);
    const user = reset && (await this.users.find(reset.userId));
    if (!user || user.disabledAt || user.email !== reset.email) return undefined;
    return passwordDigest(user) === reset.replaces ? user : undefined;
  }

  /**
   * Sets the password, and ends every session; `tools`: every connection too. `'used'`: the link was used meanwhile.
   */
  async finish(user: User, password: string, tools: boolean): Promise<{ fault: Text } | 'used' | 'done'> {
    const fault = await passwordFault(password, [user.email, user.name]);
    if (fault) return { fault };
    const to = await this.passwords.hash(password);
    const change = { userId: user.id, from: user.passwordHash, to, tools };
    return (await this.users.changePassword(change, this.clock.now())) ? 'done' : 'used';
  }

  private send(user: User, locale: Locale): void {
    const reset: Reset = { userId: user.id, email: user.email, replaces: passwordDigest(user) };
    const token = this.sealing.sealValue('password-reset', reset, LIFETIME);
    this.mailer.send({
      to: user.email,
      locale: localeOf(user.locale ?? locale, undefined),
      subject: text('mail.reset'),
      lead: text('mail.reset-lead'),
      link: { label: text('mail.reset-link'), href: `${this.config.origin}/console/reset-password?token=${token}` },
      note: text('mail.reset-note'),
    });
  }
}
