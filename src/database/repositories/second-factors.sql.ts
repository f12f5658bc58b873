/**
 * Whether somebody can prove a second factor. Recovery codes stand in for one, and are none. `user`: an expression of
 * SQL.
 */
export function hasSecondFactor(user: string): string {
  return `(EXISTS (SELECT 1 FROM authenticator_apps WHERE user_id = ${user})
      OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${user}))`;
}

/** Of `grants`: made for an organization that requires a second factor, by somebody who has none. */
export const WITHOUT_REQUIRED_FACTOR = `organization_id IN (SELECT id FROM organizations WHERE requires_second_factor)
   AND NOT ${hasSecondFactor('grants.user_id')}`;
