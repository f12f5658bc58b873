import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import type { Invitation } from '../database/entities/invitation.entity.js';
import { Invitations } from '../database/repositories/invitations.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import type { Role } from '../oauth/role.js';
import { Sealing } from '../sealing/sealing.service.js';
import { localeOf } from '../texts/locale.js';
import { type Locale, type Text, text } from '../texts/text.js';
import { emailFault, normalizedEmail } from './email.js';
import { MailThrottle } from './mail-throttle.js';

/** An invitation can be taken for this long, in seconds. */
const LIFETIME = 7 * 86_400;

export interface Inviting {
  readonly organization: { readonly id: string; readonly name: string };
  readonly role: Role;
  /** Who invites. */
  readonly userId: string;
  readonly person: string;
  readonly locale: Locale;
}

/** Offers places in organizations by mail. The link names a row, so an invitation can be called back. */
@Injectable()
export class Inviter {
  constructor(
    private readonly invitations: Invitations,
    private readonly users: Users,
    private readonly mailer: Mailer,
    private readonly throttle: MailThrottle,
    private readonly sealing: Sealing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** What is wrong, if anything. */
  async invite(email: string, inviting: Inviting): Promise<Text | undefined> {
    const fault = emailFault(email);
    if (fault) return fault;
    const { organization, role, userId } = inviting;
    const to = normalizedEmail(email);
    if (!(await this.throttle.allowsNaming(to, userId))) return text('account.too-many-mails');
    const at = this.clock.now();
    const expiresAt = new Date(at.getTime() + LIFETIME * 1000);
    const row = { organizationId: organization.id, email: to, role, invitedBy: userId, expiresAt };
    const id = await this.invitations.add(row, at);
    if (!id) return text('members.already');
    const known = await this.users.findByEmail(to);
    const token = this.sealing.sealValue('invitation', id, LIFETIME);
    this.mailer.send({
      to,
      locale: localeOf(known?.locale ?? inviting.locale, undefined),
      subject: text('mail.invitation', { organization: organization.name }),
      lead: text('mail.invitation-lead', {
        person: inviting.person,
        organization: organization.name,
        role: text(`role.${role}`),
      }),
      link: { label: text('mail.invitation-link'), href: `${this.config.origin}/console/invitation?token=${token}` },
      note: text('mail.nobody'),
    });
    return undefined;
  }

  /** What a link offers; undefined when it cannot be taken (any more). */
  async open(token: unknown): Promise<Invitation | undefined> {
    const id = this.sealing.openLiving<string>('invitation', token);
    return (id && (await this.invitations.find(id, this.clock.now()))) || undefined;
  }
}
