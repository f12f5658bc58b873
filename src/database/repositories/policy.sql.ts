import { ANY_TOOL, SELF_ASSERTED } from '../entities/policy-rule.entity.js';

/**
 * The one rule that counts, as a subquery of `verdict` and `ceiling`: the live one that says most precisely which tool,
 * then which people: the person, their role, everybody. The key of the table leaves no two alike. No row: nothing was
 * decided, and the tool may.
 */
export function ruling(of: {
  readonly organizationId: string;
  readonly clientId: string;
  readonly identity: string;
  readonly person: string;
  readonly role: string;
  readonly at: string;
  /** Other rules than those that are in force. */
  readonly rules?: string;
}): string {
  return `SELECT r.verdict, r.ceiling FROM ${of.rules ?? 'policy_rules'} r
      WHERE r.organization_id = ${of.organizationId} AND (r.expires_at IS NULL OR r.expires_at > ${of.at})
        AND (r.tool IN (${of.clientId}, '${ANY_TOOL}') OR r.tool = '${SELF_ASSERTED}' AND ${of.identity} = '${SELF_ASSERTED}')
        AND r.people IN ('person:' || ${of.person}::text, ${of.role}, 'everybody')
      ORDER BY CASE r.tool WHEN '${ANY_TOOL}' THEN 2 WHEN '${SELF_ASSERTED}' THEN 1 ELSE 0 END,
               CASE r.people WHEN 'everybody' THEN 2 WHEN ${of.role} THEN 1 ELSE 0 END LIMIT 1`;
}

/** Of a ruling joined as `p`: the tool may now. What must be asked for may not. */
export const ALLOWED = `coalesce(p.verdict, 'allow') = 'allow'`;
