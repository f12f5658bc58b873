import type { Statement } from '../statements.js';
import { auditGrants } from './audit.sql.js';
import { isLive } from './grants.sql.js';
import { ALLOWED, ruling } from './policy.sql.js';

/*
 * What a person answers on the approval page. Each answer is one conditional statement; what it depends on is in its
 * WHERE, so there is nothing to check before and nothing to race. Time is a parameter.
 */

/**
 * The client becomes a row, the approval becomes a grant. Session (`$20`), membership and resource are locked, so that
 * whoever ends one waits and then finds the grant. No row: the request was answered before, session, person,
 * membership, client or resource no longer stand, policy does not allow it, or the session did not prove a second
 * factor that is required. `$18`: the resource is this server's own, which has no row.
 */
export const APPROVE: Statement = {
  name: 'grant_approve',
  text: `WITH client AS (
      INSERT INTO clients (client_id, digest, identity, metadata, secret_hash, created_at, pinned)
      VALUES ($1, $2, $3, $4::jsonb, $5, $6, $17)
      ON CONFLICT (digest) DO UPDATE SET pinned = excluded.pinned,
             metadata = CASE WHEN excluded.pinned IS NULL THEN clients.metadata ELSE excluded.metadata END
      RETURNING id, blocked_at, pinned
    ), declared AS (
      SELECT uri FROM resources WHERE uri = $10 FOR SHARE
    ), session AS (
      SELECT second_factor_at FROM sessions WHERE id_hash = $20 AND user_id = $8 AND expires_at > $6 FOR SHARE
    ), approved AS (
      INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at,
                          code_hash, code_challenge, redirect_uri, code_expires_at, expires_at, pinned)
      SELECT $7::uuid, m.user_id, m.organization_id, client.id, $10, $11::text[], $12, $6, $13, $14, $15, $16, $16, client.pinned
        FROM client, session, memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.organization_id
        LEFT JOIN LATERAL (${ruling({ clientId: '$1', identity: '$3', at: '$6' })}) p ON true
       WHERE m.user_id = $8 AND m.organization_id = $9 AND u.disabled_at IS NULL AND o.suspended_at IS NULL AND client.blocked_at IS NULL AND ${ALLOWED}
         AND NOT EXISTS (SELECT 1 FROM denied_requests WHERE request_id = $7::uuid)
         AND ($18::boolean OR EXISTS (SELECT 1 FROM declared))
         AND (NOT o.requires_second_factor OR session.second_factor_at IS NOT NULL)
         FOR SHARE OF m
      ON CONFLICT (request_id) DO NOTHING
      RETURNING id, user_id, organization_id
    ), audited AS (${auditGrants('approved', { at: '$6', action: `'grant.approved'`, address: '$19', detail: `jsonb_build_object('scopes', $11::text[])` })})
    SELECT id FROM approved`,
};

export const DENY: Statement = {
  name: 'request_deny',
  text: `WITH denied AS (
      INSERT INTO denied_requests (request_id, expires_at)
      SELECT $1::uuid, $2 WHERE NOT EXISTS (SELECT 1 FROM grants WHERE request_id = $1::uuid)
      ON CONFLICT (request_id) DO NOTHING RETURNING request_id
    ), audited AS (
      INSERT INTO audit_events (at, action, user_id, organization_id, address, detail)
      SELECT $3, 'authorization.denied', $4, $5, $7, jsonb_build_object('client', $6::text) FROM denied)
    SELECT request_id FROM denied`,
};

export const IS_ANSWERED: Statement = {
  name: 'request_is_answered',
  text: `SELECT 1 FROM grants WHERE request_id = $1 UNION ALL SELECT 1 FROM denied_requests WHERE request_id = $1 LIMIT 1`,
};

/** What somebody lets a client do with a resource in an organization now, over all its connections. */
export const PERMITTED: Statement = {
  name: 'grants_permitted',
  text: `SELECT DISTINCT unnest(g.scopes) AS scope
      FROM grants g JOIN clients c ON c.id = g.client_id
     WHERE g.user_id = $1 AND g.organization_id = $2 AND c.digest = $3 AND g.resource = $4
       AND ${isLive('g', '$5')}`,
};
