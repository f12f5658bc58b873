/** What somebody is in an organization. */
export const ROLES = ['owner', 'admin', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** Those who may change what everybody in the organization sees. */
export const ADMINISTRATORS: readonly Role[] = ['owner', 'admin'];
