import type { IncomingMessage } from 'node:http';
import { Finding } from '../oauth/finding.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';
import { decoded } from './signed-tokens.js';

/**
 * The token of the `Authorization` header (RFC 6750 §2.1), the only place it may be in; null when there is none.
 * Throws `BearerChallenge`: `invalid_request` for more than one, `invalid_token` for a header that holds no token.
 */
export function presentedToken(request: {
  headers: IncomingMessage['headers'];
  raw?: IncomingMessage;
  query?: unknown;
}): string | null {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  if (timesSent(request.raw?.rawHeaders ?? []) > 1 || Object.hasOwn(Object(request.query), 'access_token'))
    throw new BearerChallenge(
      'invalid_request',
      'the access token is sent more than once',
      new Finding('access-token-sent-once'),
    );
  const token = header.slice('Bearer '.length);
  if (!/^bearer /i.test(header) || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token))
    throw new BearerChallenge(
      'invalid_token',
      'the Authorization header holds no bearer token',
      new Finding('access-token'),
    );
  return token;
}

/** How often the header is there, of which Node shows the first: names and values in turn. */
function timesSent(rawHeaders: readonly string[]): number {
  let times = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (isAuthorization(rawHeaders[at]!)) times++;
  return times;
}

const isAuthorization = (name: string): boolean =>
  name.length === 'authorization'.length && name.toLowerCase() === 'authorization';

/** What a token says of itself, believed by nobody: for the log. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return decoded(token.split('.')[1] ?? '') ?? {};
}
