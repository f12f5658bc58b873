import { Finding } from './finding.js';
import { OAuthError } from './oauth-error.js';
import { ADMINISTRATORS, type Role, ROLES } from './role.js';

/** One permission a person can approve (RFC 6749 §3.3). */
export interface Scope {
  readonly name: string;
  /**
   * What it lets the tool do, in plain words, for the approval page; absent for those of this server, which have texts.
   */
  readonly sentence?: string;
  /** An example of what that means in practice. */
  readonly example?: string;
  readonly kind: 'read' | 'change' | 'stay';
  /** Narrower scopes it contains. */
  readonly implies: readonly string[];
  /** Who may give it: a tool can never do more than the person it works for. */
  readonly roles: readonly Role[];
}

/** Lets a tool renew its access; never a scope of a resource (MCP 2026-07-28, Refresh Tokens). */
export const OFFLINE_ACCESS = 'offline_access';

const STAY: Scope = {
  name: OFFLINE_ACCESS,
  kind: 'stay',
  implies: [],
  roles: ROLES,
};

/**
 * OpenID Connect Core §5.4: tools that know of no others name these. They say nothing here, and count as none named.
 */
const OPENID_SCOPES = new Set(['openid', 'profile', 'email', 'address', 'phone']);

/**
 * Every permission one protected resource has, and `offline_access`, which is of none. Resource metadata, challenges,
 * the approval page and token issuance all read it. Lists are in the catalogue's order.
 */
export class ScopeCatalogue {
  private readonly all: readonly Scope[];
  private readonly byName: ReadonlyMap<string, Scope>;

  constructor(readonly scopes: readonly Scope[]) {
    this.all = [...scopes, STAY];
    this.byName = new Map(this.all.map((scope) => [scope.name, scope]));
  }

  /** The scopes of the resource: what its metadata and its challenge name. */
  get names(): string[] {
    return this.scopes.map(({ name }) => name);
  }

  /** These scopes with everything they imply; unknown ones fall away. */
  expand(names: Iterable<string>): string[] {
    const wanted = new Set<string>();
    const add = (name: string): void => {
      const scope = this.byName.get(name);
      if (!scope || wanted.has(name)) return;
      wanted.add(name);
      scope.implies.forEach(add);
    };
    for (const name of names) add(name);
    return this.all.map(({ name }) => name).filter((name) => wanted.has(name));
  }

  /**
   * What an authorization request asks for: nothing named means every scope of the resource, unknown names are ignored.
   * Throws `invalid_scope` when names were given and none of them is one of the resource's.
   */
  requested(value: string | undefined): string[] {
    const named = namedScopes(value);
    const known = this.expand(named);
    const ofResource = known.filter((name) => name !== OFFLINE_ACCESS);
    if (ofResource.length > 0) return known;
    if (named.some((name) => name !== OFFLINE_ACCESS))
      throw new OAuthError(
        'invalid_scope',
        'none of the requested scopes is known here',
        new Finding('scope-known', { asked: named, known: this.names }),
      );
    return [...this.names, ...known];
  }

  /**
   * These scopes, less those that are gone, those that somebody of this role may not give, and those above a ceiling.
   */
  allowed(names: readonly string[], role: Role, ceiling: readonly string[] | null = null): string[] {
    return names
      .filter((name) => this.byName.get(name)?.roles.includes(role))
      .filter((name) => !ceiling || name === OFFLINE_ACCESS || ceiling.includes(name));
  }

  /**
   * Those of these scopes that contain nothing but others of them: without a narrow one, a broad one falls away too.
   */
  supported(names: readonly string[]): string[] {
    return names.filter((name) => this.expand([name]).every((contained) => names.includes(contained)));
  }

  /** Those that contain this one, and itself: taking it away takes them away. */
  containing(name: string): string[] {
    return this.names.filter((one) => this.expand([one]).includes(name));
  }

  /** The entries of these names. */
  describe(names: readonly string[]): Scope[] {
    return this.all.filter(({ name }) => names.includes(name));
  }
}

/** The permissions of this server's own MCP endpoint. */
export const OWN_SCOPES = new ScopeCatalogue([
  {
    name: 'organization:read',
    kind: 'read',
    implies: [],
    roles: ROLES,
  },
  {
    name: 'projects:read',
    kind: 'read',
    implies: [],
    roles: ROLES,
  },
  {
    name: 'projects:write',
    kind: 'change',
    implies: ['projects:read'],
    roles: ADMINISTRATORS,
  },
]);

/** The tokens of a `scope` value, each once. Throws `invalid_scope` for characters RFC 6749 §3.3 does not allow. */
export function parseScope(value: string | undefined): string[] {
  if (!value) return [];
  if (value.length > 4096 || !/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value))
    throw new OAuthError(
      'invalid_scope',
      'the scope is malformed',
      new Finding('scope-form', { length: value.length }),
    );
  return [...new Set(value.split(' ').filter(Boolean))];
}

/** The same without those of OpenID Connect, which count as none named. */
export function namedScopes(value: string | undefined): string[] {
  return parseScope(value).filter((name) => !OPENID_SCOPES.has(name));
}

/** Whether this can be the name of a scope (RFC 6749 §3.3), and of none that has a meaning of its own. */
export function isScopeName(name: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(name) && name !== OFFLINE_ACCESS && !OPENID_SCOPES.has(name);
}
