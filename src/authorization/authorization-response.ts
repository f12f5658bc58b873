import type { Config } from '../config/config.js';
import type { OAuthErrorCode } from '../oauth/oauth-error.js';
import type { AuthorizationRequest } from './authorization-request.js';

/** What a tool is told (RFC 6749 §4.1.2, §4.1.2.1). */
export type Answer = { readonly code: string } | { readonly error: OAuthErrorCode; readonly error_description: string };

/**
 * Where an answer goes: the redirect URI with the response added to its query, which is kept (RFC 6749 §3.1.2). The
 * only place that builds one, so that each has the state as received, byte for byte, and the literal issuer (RFC 9207
 * §2).
 */
export function responseUri(
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  answer: Answer,
  { issuer }: Pick<Config, 'issuer'>,
): string {
  const query = Object.entries({ ...answer, ...(state !== undefined && { state }), iss: issuer })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const separator = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&';
  return redirectUri + separator + query;
}
