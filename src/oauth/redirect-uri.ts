/** Where a redirect URI leads, decided by its shape alone (RFC 8252 §7). */
export type RedirectTarget = 'https' | 'loopback' | 'private-use';

/** What a redirect URI is judged by: this server's own origin, and the private-use entries the operator allows. */
export interface RedirectPolicy {
  readonly origin: string;
  readonly privateUseRedirectUris: readonly string[];
}

/** Why a redirect URI is not accepted. An `unknownScheme` next to acceptable URIs is left out instead of refused. */
export interface RedirectFault {
  readonly reason: string;
  readonly unknownScheme?: true;
}

const MAX_REDIRECT_URI_LENGTH = 2048;

/** Schemes a browser or a system acts upon by itself; none is ever an application's own. */
const FOREIGN_SCHEMES = new Set(
  'about blob chrome chrome-extension content data file filesystem ftp http https intent javascript jar mailto moz-extension resource sms tel urn vbscript view-source ws wss'.split(
    ' ',
  ),
);
/** Names of our own response parameters: in a registered query they would collide (RFC 6749 §4.1.2, RFC 9207 §2). */
const RESPONSE_PARAMETERS = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response'];
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::([1-9]\d{0,4}))?(?=[/?]|$)/;

/** Where this URI leads. */
export function redirectTarget(uri: string): RedirectTarget {
  if (uri.startsWith('https://')) return 'https';
  return LOOPBACK.test(uri) ? 'loopback' : 'private-use';
}

/** Why this redirect URI cannot be registered or used, or undefined when it can. One validator for every endpoint. */
export function redirectFault(uri: string, policy: RedirectPolicy): RedirectFault | undefined {
  if (uri.length > MAX_REDIRECT_URI_LENGTH) return { reason: 'a redirect URI is longer than 2048 characters' };
  if (!/^[\x21-\x7e]+$/.test(uri) || /[\\"<>^`{|}]/.test(uri))
    return { reason: 'a redirect URI has characters that a URI may not have' };
  if (uri.includes('#') || /%23/i.test(uri)) return { reason: 'a redirect URI must have no fragment' };
  if (/%(?:[01][0-9a-f]|7f|5c)/i.test(uri)) return { reason: 'a redirect URI must not hide control characters' };
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1];
  if (scheme === undefined || !URL.canParse(uri)) return { reason: 'a redirect URI must be an absolute URI' };
  if (uri.startsWith('https://')) return httpsFault(uri, policy);
  if (uri.startsWith('http://')) return loopbackFault(uri);
  return privateUseFault(uri, scheme, policy);
}

/**
 * Those of a client's redirect URIs that can be used, each once. Tools list a scheme of their own beside others: one
 * that is unknown here falls away as long as another remains. `refused`: why the whole list cannot be used.
 */
export function acceptableRedirectUris(
  uris: readonly string[],
  policy: RedirectPolicy,
): { readonly accepted: string[]; readonly refused: RedirectFault | undefined } {
  const faults = uris.map((uri) => redirectFault(uri, policy));
  const accepted = uris.filter((_, index) => !faults[index]);
  const serious = faults.find((fault) => fault && !fault.unknownScheme);
  return {
    accepted: [...new Set(accepted)],
    refused: serious ?? (accepted.length === 0 ? faults.find(Boolean) : undefined),
  };
}

/** Simple string comparison, but for the port of a loopback URI (RFC 8252 §7.3, oauth-v2-1-13 §4.1.1). */
export function redirectUriMatches(registered: string, presented: string): boolean {
  if (registered === presented) return true;
  const [a, b] = [withoutLoopbackPort(registered), withoutLoopbackPort(presented)];
  return a !== undefined && a === b;
}

/** Whether an operator may allow this entry: a private-use scheme, or one URI of such a scheme. */
export function isPrivateUseEntry(entry: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*)(:.*)?$/.exec(entry)?.[1];
  return scheme !== undefined && !FOREIGN_SCHEMES.has(scheme);
}

function httpsFault(uri: string, policy: RedirectPolicy): RedirectFault | undefined {
  const url = new URL(uri);
  if (!isWrittenPlainly(uri, url))
    return {
      reason: 'a redirect URI must be in its plain form: lower-case host, no user, no default port, no dot segments',
    };
  if (url.hostname.endsWith('.')) return { reason: 'a redirect URI must not end its host with a dot' };
  if (url.origin === policy.origin) return { reason: 'a redirect URI must not lead to this server itself' };
  return responseParameterFault(url);
}

function loopbackFault(uri: string): RedirectFault | undefined {
  const port = LOOPBACK.exec(uri)?.[2];
  if (!LOOPBACK.test(uri)) return { reason: 'http is only for localhost, 127.0.0.1 and [::1]; use https' };
  if (port !== undefined && Number(port) > 65535) return { reason: 'a redirect URI has a port that does not exist' };
  const url = new URL(uri);
  // :80 is the default that URL drops; a tool may write it.
  if (!isWrittenPlainly(uri.replace(/^(http:\/\/[^/?]+):80(?=[/?]|$)/, '$1'), url))
    return { reason: 'a redirect URI must be in its plain form: no user, no dot segments' };
  return responseParameterFault(url);
}

function privateUseFault(uri: string, scheme: string, policy: RedirectPolicy): RedirectFault | undefined {
  if (FOREIGN_SCHEMES.has(scheme.toLowerCase()))
    return { reason: 'a redirect URI has a scheme that is not an application of its own' };
  if (policy.privateUseRedirectUris.some((allowed) => allowed === uri || allowed === scheme)) return undefined;
  // RFC 8252 §7.1: a reverse domain name, one slash.
  if (/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$/.test(scheme) && /^[^:]+:\/(?!\/)/.test(uri))
    return responseParameterFault(new URL(uri));
  return {
    reason: 'a private-use scheme must be a reverse domain name followed by one slash, or be allowed by the operator',
    unknownScheme: true,
  };
}

function responseParameterFault(url: URL): RedirectFault | undefined {
  const collides = RESPONSE_PARAMETERS.some((name) => url.searchParams.has(name));
  return collides ? { reason: 'a redirect URI must not contain a parameter of the authorization response' } : undefined;
}

/** What was written is what a browser will request: nothing is normalised away. An empty path counts as `/`. */
function isWrittenPlainly(uri: string, url: URL): boolean {
  return !url.username && !url.password && (url.href === uri || url.href === `${uri}/`);
}

function withoutLoopbackPort(uri: string): string | undefined {
  const match = LOOPBACK.exec(uri);
  if (!match || Number(match[2] ?? 1) > 65535) return undefined;
  const rest = uri.slice(match[0].length);
  return `http://${match[1]}${rest === '' ? '/' : rest}`;
}
