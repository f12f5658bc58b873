import type { Role } from '../oauth/role.js';

/** Whether somebody may decide about a place of this role: give it, take it away, change it. Owners are made by owners. */
export function mayDecide(actor: Role, role: Role): boolean {
  return actor === 'owner' || (actor === 'admin' && role !== 'owner');
}
