/** Parameters of an authorization response (RFC 6749 §4.1.2, §4.1.2.1, RFC 9207 §2). */
export interface AuthorizationResponse {
  readonly code?: string;
  readonly error?: string;
  readonly error_description?: string;
  /** As received, byte for byte. */
  readonly state: string | undefined;
  /** The literal issuer; every response carries it. */
  readonly iss: string;
}

/** The redirect URI with the response added to its query, which is kept (RFC 6749 §3.1.2). The only place that builds one. */
export function responseUri(redirectUri: string, response: AuthorizationResponse): string {
  const query = Object.entries(response)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const separator = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&';
  return redirectUri + separator + query;
}
