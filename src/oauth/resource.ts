import { OAuthError } from './oauth-error.js';

/**
 * The canonical form of a resource indicator (RFC 8707 §2): lower-case scheme and host, no default port, no trailing
 * slash. Undefined when it is not an absolute http(s) URI without fragment.
 */
function canonicalResource(value: string): string | undefined {
  if (!URL.canParse(value) || value.includes('#')) return undefined;
  const url = new URL(value);
  if (!['http:', 'https:'].includes(url.protocol) || url.username || url.password) return undefined;
  return `${url.origin}${url.pathname.replace(/\/$/, '')}${url.search}`;
}

/**
 * Which of our resources a request is for. None named means ours (there is one); its bare origin is an alias, since
 * some tools send that. Throws `invalid_target` when anything else is named (RFC 8707 §2).
 */
export function requestedResource(values: readonly string[], ours: string): string {
  const aliases = [ours, new URL(ours).origin];
  for (const value of values) {
    const canonical = canonicalResource(value);
    if (canonical === undefined || !aliases.includes(canonical)) {
      throw new OAuthError('invalid_target', 'the resource is not one that this server protects');
    }
  }
  return ours;
}
