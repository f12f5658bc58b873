import { OFFLINE_ACCESS } from './scope.js';

/** What somebody is in an organization. */
export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];

const READ = ['organization:read', 'projects:read', OFFLINE_ACCESS];

/** The ceiling of what a tool can be allowed in somebody's name: never more than that person may do. */
const ALLOWED: Record<Role, readonly string[]> = {
  owner: [...READ, 'projects:write'],
  admin: [...READ, 'projects:write'],
  member: READ,
};

/** These scopes, less what the role does not allow. */
export function allowedScopes(names: readonly string[], role: Role): string[] {
  return names.filter((name) => ALLOWED[role].includes(name));
}
