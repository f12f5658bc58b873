const MAX_EMAIL_LENGTH = 254;

/** An address as it is stored and compared. */
export const normalizedEmail = (email: string): string => email.trim().toLowerCase();

/** What is wrong with an address, as a sentence. Whether it exists is not for a pattern to say. */
export function emailFault(email: string): string | undefined {
  const address = normalizedEmail(email);
  const plausible = address.length <= MAX_EMAIL_LENGTH && /^[^\s@\p{Cc}\p{Cf}]+@[^\s@\p{Cc}\p{Cf}]+$/u.test(address);
  return plausible ? undefined : 'Give an e-mail address, such as ann@example.com.';
}
