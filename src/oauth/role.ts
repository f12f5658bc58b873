/** What somebody is in an organization. */
export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** Those who may change what everybody in the organization sees. */
export const ADMINISTRATORS: readonly Role[] = ['owner', 'admin'];

/**
 * Whether somebody may decide about a place of this role: give it, take it away, change it. Owners are made by owners.
 */
export function mayDecide(actor: Role, role: Role): boolean {
  return actor === 'owner' || (actor === 'admin' && role !== 'owner');
}
