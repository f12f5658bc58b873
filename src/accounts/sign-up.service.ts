import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import type { User } from '../database/entities/user.entity.js';
import { EmailTaken, Users } from '../database/repositories/users.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { displayName } from '../organizations/display-name.js';
import { Sealing } from '../sealing/sealing.service.js';
import { type Locale, type Text, text } from '../texts/text.js';
import { emailFault, normalizedEmail } from './email.js';
import { MailThrottle } from './mail-throttle.js';
import { passwordFault, Passwords } from './passwords.js';

/** A sign-up link works for this long, in seconds. */
const LIFETIME = 24 * 3_600;

/**
 * New accounts. Whoever asks for one is a stranger, so nothing is written: the address travels sealed in a link that
 * only its owner is sent, and the account is made when they come back with it. So every address is verified.
 */
@Injectable()
export class SignUp {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly mailer: Mailer,
    private readonly throttle: MailThrottle,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Whether anybody may. */
  get isOpen(): boolean {
    return this.config.signUp === 'open';
  }

  /** Whether somebody who was invited may. */
  get isOpenToInvited(): boolean {
    return this.config.signUp !== 'off';
  }

  /**
   * Sends the link, or tells the owner of an account that they have one. What is wrong with the address, if anything.
   */
  async ask(email: string, locale: Locale, from: string): Promise<Text | undefined> {
    const fault = emailFault(email);
    if (fault) return fault;
    const to = normalizedEmail(email);
    const known = await this.users.findByEmail(to);
    if (!(await this.throttle.allows(to, from))) return undefined;
    const link = `${this.config.origin}/console/sign-up/finish?token=${this.sealing.sealValue('sign-up', to, LIFETIME)}`;
    const mail = { to, locale, subject: text('mail.sign-up'), note: text('mail.nobody') };
    if (known)
      this.mailer.send({
        ...mail,
        lead: text('mail.sign-up-known'),
        link: { label: text('login.title'), href: `${this.config.origin}/console/login` },
      });
    else
      this.mailer.send({
        ...mail,
        lead: text('mail.sign-up-lead'),
        link: { label: text('mail.sign-up-link'), href: link },
      });
    return undefined;
  }

  /** The address a link was sent to; undefined when it cannot be used (any more). */
  async addressOf(token: unknown): Promise<string | undefined> {
    const email = this.sealing.openLiving<string>('sign-up', token);
    return email === undefined || (await this.users.findByEmail(email)) ? undefined : email;
  }

  /** Makes the account. `fault`: what is wrong with the details. `taken`: it was made before. */
  async finish(
    email: string,
    { name, password, locale }: { name: string; password: string; locale: Locale },
  ): Promise<{ user: User } | { fault: Text } | 'taken'> {
    const shownName = displayName(name);
    if (shownName === undefined) return { fault: text('form.name-rule') };
    const fault = await passwordFault(password, [email, name]);
    if (fault) return { fault };
    const passwordHash = await this.passwords.hash(password);
    try {
      const user = { email, name: shownName, passwordHash, operator: false, locale };
      return { user: await this.users.create(user, this.clock.now()) };
    } catch (error) {
      if (error instanceof EmailTaken) return 'taken';
      throw error;
    }
  }
}
