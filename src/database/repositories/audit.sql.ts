/** Placeholders and expressions of the caller's statement. */
interface GrantEvent {
  readonly at: string;
  readonly action: string;
  /** Where it was asked for from. */
  readonly address: string;
  readonly detail: string;
}

/**
 * The audit row of an act, written by the same statement: `source` names a CTE whose rows have `id` (of a grant),
 * `user_id` and `organization_id`.
 */
export function auditGrants(source: string, { at, action, address, detail }: GrantEvent): string {
  return `INSERT INTO audit_events (at, action, user_id, organization_id, grant_id, address, detail)
          SELECT ${at}, ${action}, user_id, organization_id, id, ${address}, ${detail} FROM ${source}`;
}

/** Why a connection ended, and who ended it if that is somebody else than its person. */
export const endingDetail = (because: string, by: string) =>
  `jsonb_strip_nulls(jsonb_build_object('because', ${because}::text, 'by', ${by}::text))`;
