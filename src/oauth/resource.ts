import { Finding } from './finding.js';
import { OAuthError } from './oauth-error.js';
import type { ScopeCatalogue } from './scope.js';

/** A server that access tokens are for (RFC 9728 §1.2). */
export interface ProtectedResource {
  /** Its identifier, and the audience of its tokens. */
  readonly uri: string;
  readonly name: string;
  readonly scopes: ScopeCatalogue;
}

/**
 * The canonical form of a resource indicator (RFC 8707 §2): lower-case scheme and host, no default port, no trailing
 * slash. Undefined when it is not an absolute http(s) URI without fragment.
 */
export function canonicalResource(value: string): string | undefined {
  if (!URL.canParse(value) || value.includes('#')) return undefined;
  const url = new URL(value);
  if (!['http:', 'https:'].includes(url.protocol) || url.username || url.password) return undefined;
  return `${url.origin}${url.pathname.replace(/\/$/, '')}${url.search}`;
}

/**
 * Which of these resources a request is for; the first is this server's own. None named means that one, and so does its
 * bare origin where no other lives, since some tools send that. A token is for one resource: throws `invalid_target` when
 * another is named, or two (RFC 8707 §2).
 */
export function requestedResource(
  values: readonly string[],
  [own, ...others]: readonly [ProtectedResource, ...ProtectedResource[]],
): ProtectedResource {
  const { origin } = new URL(own.uri);
  const byUri = new Map([own, ...others].map((resource) => [resource.uri, resource]));
  if (!others.some(({ uri }) => new URL(uri).origin === origin)) byUri.set(origin, own);
  const named = values.map((value) => byUri.get(canonicalResource(value) ?? ''));
  if (named.includes(undefined))
    throw new OAuthError(
      'invalid_target',
      'the resource is not one that this server protects',
      new Finding('resource-known', { asked: values, known: [...byUri.keys()] }),
    );
  if (new Set(named).size > 1)
    throw new OAuthError(
      'invalid_target',
      'a token is for one resource, and several are named',
      new Finding('one-resource', { asked: values }),
    );
  return named[0] ?? own;
}
