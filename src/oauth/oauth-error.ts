import type { Finding } from './finding.js';
import { newSupportCode } from './support-code.js';

/** Error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'unsupported_token_type'
  | 'server_error'
  | 'temporarily_unavailable';

const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  server_error: 500,
  temporarily_unavailable: 503,
};

/**
 * A refusal the protocol has a name for. Throw it at any depth; the filter of the endpoint decides how it is shown.
 * `description` goes on the wire, so it is a constant sentence in the alphabet of RFC 6749 §5.2 that never quotes
 * input; the finding goes to the log only, beside the support code that both carry.
 */
export class OAuthError extends Error {
  readonly supportCode = newSupportCode();

  constructor(
    readonly code: OAuthErrorCode,
    readonly description: string,
    finding: Finding,
  ) {
    super(`${code}: ${description}`, { cause: finding });
  }

  /** `error_description`: tools show it to people, so it has the support code. */
  get errorDescription(): string {
    return `${this.description} (support code ${this.supportCode})`;
  }

  get status(): number {
    return STATUS[this.code] ?? 400;
  }

  toJSON(): { error: OAuthErrorCode; error_description: string } {
    return { error: this.code, error_description: this.errorDescription };
  }
}
