/**
 * The audit row of an act, written by the same statement: `source` names a CTE whose rows have `id` (of a grant),
 * `user_id` and `organization_id`. Placeholders are the caller's.
 */
export function auditGrants(source: string, at: string, action: string, detail = `'{}'::jsonb`): string {
  return `INSERT INTO audit_events (at, action, user_id, organization_id, grant_id, detail)
          SELECT ${at}, ${action}, user_id, organization_id, id, ${detail} FROM ${source}`;
}
