import type { Role } from '../oauth/role.js';
import { OFFLINE_ACCESS, type ScopeCatalogue } from '../oauth/scope.js';
import { permissionText } from '../texts/permission.js';
import type { AuthorizationRequest } from './authorization-request.js';
import type { ApprovalPermission, Permission } from './authorization.pages.js';

/**
 * What a person of this role is asked to permit: what the tool asked for, less what they may not do themselves and what
 * is above the ceiling. A tool that can renew its access stays connected, whether it asked for that by name or not.
 * Reading stays, since without it no tool can live; the rest can be taken away.
 */
export function permissionsFor(
  { scopes, renewable }: Pick<AuthorizationRequest, 'scopes' | 'renewable'>,
  role: Role,
  catalogue: ScopeCatalogue,
  ceiling: readonly string[] | null = null,
): Permission[] {
  const asked = scopes.filter((name) => name !== OFFLINE_ACCESS);
  const names = catalogue.allowed(renewable ? [...asked, OFFLINE_ACCESS] : asked, role, ceiling);
  return catalogue.describe(names).map((scope) => ({
    name: scope.name,
    ...permissionText(scope),
    changes: scope.kind === 'change',
    optional: scope.kind !== 'read',
    stays: scope.kind === 'stay',
  }));
}

/** Which of these the tool does not have yet, when it has some: a step up is told apart from what was given before. */
export function markNew(permissions: readonly Permission[], permitted: readonly string[]): ApprovalPermission[] {
  const isStepUp = permitted.length > 0;
  return permissions.map((one) => ({
    ...one,
    isNew: isStepUp && one.name !== OFFLINE_ACCESS && !permitted.includes(one.name),
  }));
}
