import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { SignedTokens } from './signed-tokens.js';

/** The `typ` of a page of the revocation feed: no verifier takes it for a token, or a token for it. */
export const REVOCATION_LIST_TYPE = 'revocations+jwt';

/** One page of the revocation feed, spelt as on the wire. Times are seconds since the epoch. */
export interface RevocationPage {
  /** Connections whose access tokens are dead, by their `sid`; from `until` on the last of those has expired anyway. */
  readonly revoked: readonly { readonly sid: string; readonly until: number }[];
  /** `since` of the next request. */
  readonly next: string;
  /** There are more now: ask again at once. */
  readonly more: boolean;
  /** When the list was complete. */
  readonly iat: number;
  /** From then on the list says nothing about tokens it does not name. */
  readonly exp: number;
}

@Injectable()
export class RevocationLists {
  constructor(
    private readonly tokens: SignedTokens,
    private readonly config: Config,
  ) {}

  /** The page as a signed JWT (RFC 7519), so that it can pass through caches nobody has to trust. */
  sign(page: RevocationPage): string {
    return this.tokens.sign(REVOCATION_LIST_TYPE, { iss: this.config.issuer, ...page });
  }
}
