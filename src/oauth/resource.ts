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

/** The resources of one server, by the names that requests may give them (RFC 8707 §2). */
export class ProtectedResources {
  /** This server's own first, then in the order they were given. */
  readonly all: readonly ProtectedResource[];
  private readonly byUri: ReadonlyMap<string, ProtectedResource>;
  private readonly named: Map<string, ProtectedResource>;

  /** `own`: this server's own, which also goes by its bare origin where no other lives, since some tools send that. */
  constructor(
    private readonly own: ProtectedResource,
    others: readonly ProtectedResource[] = [],
  ) {
    const { origin } = new URL(own.uri);
    this.byUri = new Map([own, ...others.filter(({ uri }) => uri !== own.uri)].map((one) => [one.uri, one]));
    this.all = [...this.byUri.values()];
    this.named = new Map(this.byUri);
    if (!others.some(({ uri }) => new URL(uri).origin === origin)) this.named.set(origin, own);
  }

  /** The one of this very URI. */
  find(uri: string): ProtectedResource | undefined {
    return this.byUri.get(uri);
  }

  /**
   * Which one a request is for; the server's own when it names none. A token is for one resource: throws
   * `invalid_target` when an unknown one is named, or two.
   */
  requested(values: readonly string[]): ProtectedResource {
    const named = values.map((value) => this.named.get(value) ?? this.named.get(canonicalResource(value) ?? ''));
    if (named.includes(undefined))
      throw new OAuthError(
        'invalid_target',
        'the resource is not one that this server protects',
        new Finding('resource-known', { asked: values, known: [...this.named.keys()] }),
      );
    if (named.some((one) => one !== named[0]))
      throw new OAuthError(
        'invalid_target',
        'a token is for one resource, and several are named',
        new Finding('one-resource', { asked: values }),
      );
    return named[0] ?? this.own;
  }
}
