import { type Text, text } from '../texts/text.js';

const MAX_EMAIL_LENGTH = 254;

/** An address as it is stored and compared. */
export const normalizedEmail = (email: string): string => email.trim().toLowerCase();

/** What is wrong with an address. Whether it exists is not for a pattern to say. */
export function emailFault(email: string): Text | undefined {
  const address = normalizedEmail(email);
  const plausible = address.length <= MAX_EMAIL_LENGTH && /^[^\s@\p{Cc}\p{Cf}]+@[^\s@\p{Cc}\p{Cf}]+$/u.test(address);
  return plausible ? undefined : text('account.email-rule');
}
