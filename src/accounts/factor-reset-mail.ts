import type { User } from '../database/entities/user.entity.js';
import type { Mail } from '../mail/mail.js';
import { localeOf } from '../texts/locale.js';
import { type Locale, text } from '../texts/text.js';

/**
 * To somebody whose second factors an operator took away, so that nobody gets one into an account unseen. `locale`: for
 * whoever has chosen none.
 */
export function factorResetMail({ email, locale: own }: User, locale: Locale, origin: string, at: Date): Mail {
  return {
    to: email,
    locale: localeOf(own ?? locale, undefined),
    subject: text('mail.security'),
    lead: text('mail.factor-reset', { time: at.toISOString().slice(0, 16).replace('T', ' ') }),
    link: { label: text('mail.factor-reset-link'), href: `${origin}/console/account/security` },
    note: text('mail.factor-reset-note'),
  };
}
