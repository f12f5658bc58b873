import { ANY_TOOL, SELF_ASSERTED } from '../entities/policy-rule.entity.js';

/** What is asked about, and when, as expressions of SQL. Left out: a client `c`, a member `m`, the rules in force. */
interface Ruled {
  readonly clientId?: string;
  readonly identity?: string;
  readonly organizationId?: string;
  readonly person?: string;
  readonly role?: string;
  readonly rules?: string;
  readonly at: string;
}

/**
 * The one rule that counts, as a subquery of `verdict` and `ceiling`: the live one that says most precisely which tool,
 * then which people: the person, their role, everybody. The key of the table leaves no two alike. No row: nothing was
 * decided, and the tool may.
 */
export function ruling({
  clientId = 'c.client_id',
  identity = 'c.identity',
  organizationId = 'm.organization_id',
  person = 'm.user_id',
  role = 'm.role',
  rules = 'policy_rules',
  at,
}: Ruled): string {
  return `SELECT r.verdict, r.ceiling FROM ${rules} r
      WHERE r.organization_id = ${organizationId} AND (r.expires_at IS NULL OR r.expires_at > ${at})
        AND (r.tool IN (${clientId}, '${ANY_TOOL}') OR r.tool = '${SELF_ASSERTED}' AND ${identity} = '${SELF_ASSERTED}')
        AND r.people IN ('person:' || ${person}::text, ${role}, 'everybody')
      ORDER BY CASE r.tool WHEN '${ANY_TOOL}' THEN 2 WHEN '${SELF_ASSERTED}' THEN 1 ELSE 0 END,
               CASE r.people WHEN 'everybody' THEN 2 WHEN ${role} THEN 1 ELSE 0 END LIMIT 1`;
}

/** Of a ruling joined as `p`: the tool may now. What must be asked for may not. */
export const ALLOWED = `coalesce(p.verdict, 'allow') = 'allow'`;
