import type { Locale } from '../texts/text.js';

/** Who acts: the person of a session, from somewhere. */
export interface Self {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly idHash: Buffer;
  readonly address: string;
  readonly locale: Locale;
}
