import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';

/**
 * The id and secret of Basic authentication (RFC 6749 §2.3.1, RFC 7617). Ids and secrets of ours need no form-encoding,
 * so those who forget it are fine. Throws `invalid_client`.
 */
export function basicCredentials(header: string): { clientId: string; secret: string } {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  const pair = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon < 1) throw notBasic();
  try {
    return { clientId: decodeURIComponent(pair.slice(0, colon)), secret: decodeURIComponent(pair.slice(colon + 1)) };
  } catch {
    throw notBasic();
  }
}

function notBasic(): OAuthError {
  return new OAuthError(
    'invalid_client',
    'the Authorization header is not valid Basic authentication',
    new Finding('client-authentication-method', { scheme: 'not Basic, or not well-formed' }),
  );
}
