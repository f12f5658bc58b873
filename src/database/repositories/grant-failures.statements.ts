import type { Statement } from '../statements.js';
import { HAS_REQUIRED_FACTOR, isApproved, ISSUED } from './grants.statements.js';
import { ALLOWED, ruling } from './policy.sql.js';

/*
 * Why a step in the life of a grant came to no row. It decides nothing: the step did, by the conditions these name one
 * by one.
 */

/**
 * What stands in its way now, or did when it was ended for that reason: policy, a suspension, a second factor that is
 * missing.
 */
const HINDRANCES = `coalesce(g.revoked_because = 'denied_by_policy', false) OR NOT (${ALLOWED}) AS denied,
           coalesce(g.revoked_because = 'organization_suspended', false) OR o.suspended_at IS NOT NULL AS suspended,
           coalesce(g.revoked_because = 'second_factor_missing', false) OR NOT ${HAS_REQUIRED_FACTOR} AS "withoutFactor"`;

export const WHY_NOT_EXCHANGED: Statement = {
  name: 'grant_why_not_exchanged',
  text: `SELECT g.id, g.code_used_at AS "usedAt", c.digest = $2 AS "clientMatches", g.code_challenge = $3 AS "verifierMatches",
           g.redirect_uri AS "redirectUri", g.resource, g.code_expires_at AS "expiresAt", g.code_failures AS failures,
           ${HINDRANCES}
      FROM grants g JOIN clients c ON c.id = g.client_id JOIN organizations o ON o.id = g.organization_id
      LEFT JOIN memberships m ON m.user_id = g.user_id AND m.organization_id = g.organization_id
      LEFT JOIN LATERAL (${ruling({ at: '$4' })}) p ON true
     WHERE g.code_hash = $1`,
};

/** And what the same successor would carry. */
export const WHY_NOT_REFRESHED: Statement = {
  name: 'grant_why_not_refreshed',
  text: `SELECT ${ISSUED}, m.role, p.ceiling, g.rotated_at AS "rotatedAt",
           ($5::text IS NULL OR g.resource = $5) AS "resourceMatches",
           ${isApproved('$6::text[]')} AS "scopeMatches",
           CASE WHEN g.revoked_at IS NOT NULL THEN 'revoked: ' || g.revoked_because
                WHEN g.expires_at <= $7 THEN 'expired'
                WHEN c.blocked_at IS NOT NULL THEN 'client blocked'
                WHEN c.pinned IS DISTINCT FROM g.pinned THEN 'client approved as something else since'
                WHEN u.disabled_at IS NOT NULL THEN 'person disabled'
                WHEN o.suspended_at IS NOT NULL THEN 'organization suspended'
                WHEN m.role IS NULL THEN 'person no longer a member'
                WHEN NOT ${HAS_REQUIRED_FACTOR} THEN 'second factor missing'
                WHEN NOT (${ALLOWED}) THEN 'denied by policy' END AS over,
           ${HINDRANCES}
      FROM grants g JOIN clients c ON c.id = g.client_id JOIN users u ON u.id = g.user_id JOIN organizations o ON o.id = g.organization_id
      LEFT JOIN memberships m ON m.user_id = g.user_id AND m.organization_id = g.organization_id
      LEFT JOIN LATERAL (${ruling({ at: '$7' })}) p ON true
     WHERE g.id = $1 AND g.generation >= $2 AND g.secret_hash = $3 AND c.digest = $4`,
};
