import { createHash } from 'node:crypto';
import { Finding } from './finding.js';
import { OAuthError } from './oauth-error.js';

/** The only method offered (oauth-v2-1-13 §7.5.1; MCP requires S256). */
export const CODE_CHALLENGE_METHOD = 'S256';

/** Whether this is what S256 produces: 32 bytes, base64url, no padding (RFC 7636 §4.2). */
export function isCodeChallenge(value: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(value);
}

/**
 * The challenge that belongs to a `code_verifier` (RFC 7636 §4.6).
 * Throws `invalid_grant` for a verifier outside §4.1: 43 to 128 unreserved characters.
 */
export function challengeOf(verifier: string): string {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) {
    throw new OAuthError(
      'invalid_grant',
      'code_verifier must be 43 to 128 unreserved characters',
      new Finding('code-verifier-form', { length: verifier.length }),
    );
  }
  return createHash('sha256').update(verifier).digest('base64url');
}
