import { OAuthError } from './oauth-error.js';

/** One permission a person can approve (RFC 6749 §3.3). */
export interface Scope {
  readonly name: string;
  /** What it lets the tool do, in plain words, for the approval page. */
  readonly sentence: string;
  /** An example of what that means in practice. */
  readonly example: string;
  readonly kind: 'read' | 'change' | 'stay';
  /** Narrower scopes it contains. */
  readonly implies: readonly string[];
}

/** Lets a tool renew its access; never a scope of the resource (MCP 2026-07-28, Refresh Tokens). */
export const OFFLINE_ACCESS = 'offline_access';

/** Every permission there is. Resource metadata, challenges, the approval page and the tools all read this list. */
export const SCOPES: readonly Scope[] = [
  {
    name: 'organization:read',
    sentence: 'See your organization and who you are in it',
    example: 'its name, your role',
    kind: 'read',
    implies: [],
  },
  {
    name: 'projects:read',
    sentence: 'See the projects',
    example: 'their names and when they were made',
    kind: 'read',
    implies: [],
  },
  {
    name: 'projects:write',
    sentence: 'Create, rename and delete projects',
    example: 'delete a project for good',
    kind: 'change',
    implies: ['projects:read'],
  },
  {
    name: OFFLINE_ACCESS,
    sentence: 'Stay connected when you are away',
    example: 'renew its access until you disconnect it, or for 30 days without use',
    kind: 'stay',
    implies: [],
  },
];

/** OpenID Connect Core §5.4: tools that know of no others name these. They say nothing here, and count as none named. */
const OPENID_SCOPES = new Set(['openid', 'profile', 'email', 'address', 'phone']);

const BY_NAME = new Map(SCOPES.map((scope) => [scope.name, scope]));

/** The scopes of the protected resource: what its metadata and its challenge name. */
export const RESOURCE_SCOPES: readonly string[] = SCOPES.map(({ name }) => name).filter(
  (name) => name !== OFFLINE_ACCESS,
);

/** The tokens of a `scope` value, each once. Throws `invalid_scope` for characters RFC 6749 §3.3 does not allow. */
export function parseScope(value: string | undefined): string[] {
  if (!value) return [];
  if (value.length > 4096 || !/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value))
    throw new OAuthError('invalid_scope', 'the scope is malformed');
  return [...new Set(value.split(' ').filter(Boolean))];
}

/** The scopes with everything they imply, in the catalogue's order; unknown ones fall away. */
export function expandScopes(names: Iterable<string>): string[] {
  const wanted = new Set<string>();
  for (const name of names) {
    const scope = BY_NAME.get(name);
    if (!scope) continue;
    wanted.add(name);
    for (const implied of scope.implies) wanted.add(implied);
  }
  return SCOPES.map(({ name }) => name).filter((name) => wanted.has(name));
}

/**
 * What an authorization request asks for: nothing named means every scope of the resource, unknown names are ignored.
 * Throws `invalid_scope` when names were given and none of them is one of the resource's.
 */
export function requestedScopes(value: string | undefined): string[] {
  const named = parseScope(value).filter((name) => !OPENID_SCOPES.has(name));
  const known = expandScopes(named);
  const ofResource = known.filter((name) => name !== OFFLINE_ACCESS);
  if (ofResource.length > 0) return known;
  if (named.some((name) => name !== OFFLINE_ACCESS))
    throw new OAuthError('invalid_scope', 'none of the requested scopes is known here');
  return [...RESOURCE_SCOPES, ...known];
}

/** The catalogue entries of these names, in the catalogue's order. */
export function describeScopes(names: readonly string[]): Scope[] {
  return SCOPES.filter(({ name }) => names.includes(name));
}
