import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { RequiredFactors } from '../database/repositories/required-factors.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { localeOf } from '../texts/locale.js';
import { text } from '../texts/text.js';

/** Whether an organization requires a second factor: who decides that, and whom it disconnects, is told. */
@Injectable()
export class RequiredFactor {
  constructor(
    private readonly stored: RequiredFactors,
    private readonly mailer: Mailer,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** How many connections ended; undefined: it was so before. */
  async change(
    organization: { readonly id: string; readonly name: string },
    required: boolean,
    by: string,
  ): Promise<number | undefined> {
    const changed = await this.stored.change({ organizationId: organization.id, required, by }, this.clock.now());
    if (!changed) return undefined;
    for (const person of changed.people) this.tell(person, organization.name);
    return changed.ended.live;
  }

  private tell({ email, locale }: { email: string; locale: string | null }, organization: string): void {
    this.mailer.send({
      to: email,
      locale: localeOf(locale, undefined),
      subject: text('mail.required', { organization }),
      lead: text('mail.required-lead', { organization }),
      link: { label: text('mail.required-link'), href: `${this.config.origin}/console/account/security` },
      note: text('mail.required-note'),
    });
  }
}
