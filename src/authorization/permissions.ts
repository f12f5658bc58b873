import { allowedScopes, type Role } from '../oauth/role.js';
import { describeScopes, OFFLINE_ACCESS } from '../oauth/scope.js';
import type { AuthorizationRequest } from './authorization-request.js';
import type { ApprovalModel } from './authorization.pages.js';

/**
 * What a person of this role is asked to permit: what the tool asked for, less what they may not do themselves. A tool
 * that can renew its access stays connected, whether it asked for that by name or not. Reading stays, since without it
 * no tool can live; the rest can be taken away.
 */
export function permissionsFor(
  { scopes, renewable }: Pick<AuthorizationRequest, 'scopes' | 'renewable'>,
  role: Role,
): ApprovalModel['permissions'] {
  const asked = scopes.filter((name) => name !== OFFLINE_ACCESS);
  const names = allowedScopes(renewable ? [...asked, OFFLINE_ACCESS] : asked, role);
  return describeScopes(names).map(({ name, sentence, example, kind }) => ({
    name,
    sentence,
    example,
    changes: kind === 'change',
    optional: kind !== 'read',
  }));
}
