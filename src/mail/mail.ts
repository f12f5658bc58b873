import type { Locale, Text } from '../texts/text.js';

/** A mail to one person, in their language. */
export interface Mail {
  readonly to: string;
  readonly locale: Locale;
  readonly subject: Text;
  /** What happened, or what is to be done. */
  readonly lead: Text;
  readonly link?: { readonly label: Text; readonly href: string };
  /** How long the link works, and what to do if nobody asked for this. */
  readonly note: Text;
}
