/** What a tool asked for (RFC 6749 §4.1.1), checked. It travels sealed in the pages' URL until a person answers. */
export interface AuthorizationRequest {
  /** The grant remembers it: one request, one answer. */
  readonly id: string;
  readonly clientId: string;
  /** Exactly as sent, with its port. */
  readonly redirectUri: string;
  readonly state?: string;
  /** RFC 7636 §4.2; the method is always S256. */
  readonly codeChallenge: string;
  readonly resource: string;
  /** With what they imply. */
  readonly scopes: readonly string[];
  /** Whether the tool can use a refresh token. */
  readonly renewable: boolean;
  /** Log in even if somebody is logged in already: `prompt=login` or `select_account`, or "Not you?". */
  readonly loginAgain?: true;
  /** Show the approval page even for a trusted client: `prompt=consent`. */
  readonly askAgain?: true;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who is answering it, and for which organization once that is chosen. */
export interface Respondent {
  readonly userId: string;
  /** SHA-256 of the session's cookie, base64url. */
  readonly session: string;
  readonly organizationId?: string;
}
