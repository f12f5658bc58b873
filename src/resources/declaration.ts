import { canonicalResource } from '../oauth/resource.js';
import { ADMINISTRATORS, ROLES } from '../oauth/role.js';
import { isScopeName, type Scope } from '../oauth/scope.js';
import { displayName } from '../organizations/display-name.js';

export const MAX_SENTENCE = 120;

/** A permission as an operator describes it. */
export interface ScopeDraft {
  readonly name: string;
  /** What people read when they approve. */
  readonly sentence: string;
  /** What that means in practice; empty: nothing is said. */
  readonly example: string;
  /** Names of those it contains. */
  readonly implies: readonly string[];
  /** It changes or deletes things: people can take it away. */
  readonly changes: boolean;
  /** Only owners and admins of an organization can give it. */
  readonly adminsOnly: boolean;
}

/** Why a catalogue cannot be one, and of what in it. */
export interface ScopeFault {
  readonly rule: 'none' | 'name' | 'twice' | 'sentence' | 'implies';
  readonly value: string;
}

/**
 * The canonical URI of a server that can be declared: https, http only on this computer, no query, no fragment. Else
 * undefined.
 */
export function declarableUri(value: string): string | undefined {
  const uri = canonicalResource(value);
  if (uri === undefined) return undefined;
  const { protocol, hostname, search } = new URL(uri);
  const secure = protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return secure && search === '' ? uri : undefined;
}

/** The catalogue these make: one scope or more, each name once, each implied one among them. */
export function catalogueOf(drafts: readonly ScopeDraft[]): Scope[] | ScopeFault {
  if (drafts.length === 0) return { rule: 'none', value: '' };
  const names = drafts.map(({ name }) => name);
  for (const [at, { name, sentence, example, implies }] of drafts.entries()) {
    if (!isScopeName(name)) return { rule: 'name', value: name };
    if (names.indexOf(name) !== at) return { rule: 'twice', value: name };
    const unknown = implies.find((one) => !names.includes(one));
    if (unknown !== undefined) return { rule: 'implies', value: unknown };
    const unreadable = [sentence, example || 'none'].find((words) => displayName(words, MAX_SENTENCE) === undefined);
    if (unreadable !== undefined) return { rule: 'sentence', value: unreadable };
  }
  return drafts.map(({ name, sentence, example, implies, changes, adminsOnly }) => ({
    name,
    sentence,
    ...(example && { example }),
    kind: changes ? 'change' : 'read',
    implies: implies.filter((one) => one !== name),
    roles: adminsOnly ? ADMINISTRATORS : ROLES,
  }));
}

/** The same the other way, to be changed. */
export function draftOf({ name, sentence = '', example = '', implies, kind, roles }: Scope): ScopeDraft {
  return { name, sentence, example, implies, changes: kind === 'change', adminsOnly: !roles.includes('member') };
}
