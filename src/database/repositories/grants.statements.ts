import type { SharedStatement } from '../shared-statement.js';
import type { Statement } from '../statements.js';
import { auditGrants, endingDetail } from './audit.sql.js';
import { isLive, isValid } from './grants.sql.js';
import { ALLOWED, ruling } from './policy.sql.js';
import { hasSecondFactor } from './second-factors.sql.js';

/*
 * The life of a grant once it was approved: exchange, refresh, revoke. Each is one conditional statement; what it
 * depends on is in its WHERE, so there is nothing to check before and nothing to race. Time is a parameter.
 */

/**
 * A step in the life of the grants that are asked for, each one row of `asked` (`columns`, and its place `n`). It takes
 * the rows that stand (`g`, by `locking`), and does the step to just those.
 */
const step = (name: string, columns: string, text: (asked: string, locking: string) => string): SharedStatement => {
  const asked = `json_to_recordset($1::json) AS asked (n int, ${columns})`;
  return {
    together: { name, text: text(asked, 'FOR NO KEY UPDATE OF g SKIP LOCKED') },
    alone: { name: `${name}_alone`, text: text(asked, 'FOR NO KEY UPDATE OF g') },
  };
};

/** The person has a second factor where the organization requires one. */
export const HAS_REQUIRED_FACTOR = `(NOT o.requires_second_factor OR ${hasSecondFactor('g.user_id')})`;

/**
 * Client, person, organization and membership stand at this moment, the client as it was approved, and policy `p`
 * allows it.
 */
const STANDING = `c.id = g.client_id AND c.blocked_at IS NULL AND c.pinned IS NOT DISTINCT FROM g.pinned
   AND u.id = g.user_id AND u.disabled_at IS NULL
   AND m.user_id = g.user_id AND m.organization_id = g.organization_id
   AND o.id = g.organization_id AND o.suspended_at IS NULL AND ${HAS_REQUIRED_FACTOR} AND ${ALLOWED}`;

/** The grants that are asked for, with what `STANDING` is about. */
const grantsOf = (asked: string) =>
  `${asked}, grants g, clients c, users u, organizations o, memberships m LEFT JOIN LATERAL (${ruling({ at: 'asked.at' })}) p ON true`;

export const ISSUED = `g.id, g.user_id AS "userId", g.organization_id AS "organizationId", g.resource, g.scopes, g.renewable, g.generation`;

/**
 * Spends the code (RFC 6749 §4.1.2). Possession, binding and standing are conditions: nothing else spends it. Until
 * then the grant ends with its code.
 */
export const EXCHANGE = step(
  'grant_exchange',
  `code_hash bytea, client_digest bytea, code_challenge text, redirect_uri text, resource text, at timestamptz,
   secret_hash bytea, refresh_expires_at timestamptz, access_expires_at timestamptz, address text`,
  (asked, locking) => `WITH ready AS (
      SELECT asked.*, g.id, m.role, p.ceiling
        FROM ${grantsOf(asked)}
       WHERE g.code_hash = asked.code_hash AND c.digest = asked.client_digest AND g.code_challenge = asked.code_challenge
         AND (asked.redirect_uri IS NULL OR g.redirect_uri = asked.redirect_uri)
         AND (asked.resource IS NULL OR g.resource = asked.resource)
         AND g.code_used_at IS NULL AND g.code_failures < 5 AND g.code_expires_at > asked.at AND g.revoked_at IS NULL
         AND ${STANDING}
         ${locking}
    ) UPDATE grants g
         SET code_used_at = ready.at, last_used_at = ready.at, rotated_at = ready.at, connected_from = ready.address,
             generation = CASE WHEN g.renewable THEN 1 ELSE 0 END,
             secret_hash = CASE WHEN g.renewable THEN ready.secret_hash END,
             expires_at = CASE WHEN g.renewable THEN ready.refresh_expires_at ELSE ready.access_expires_at END
        FROM ready WHERE g.id = ready.id
      RETURNING ready.n, ${ISSUED}, ready.role, ready.ceiling`,
);

export const COUNT_CODE_FAILURE: Statement = {
  name: 'grant_count_code_failure',
  text: `UPDATE grants SET code_failures = code_failures + 1 WHERE id = $1 AND code_used_at IS NULL AND code_failures < 5`,
};

/**
 * What may be asked for at a refresh: what was approved, also what was taken away since, which no token carries any
 * more.
 */
export const isApproved = (scopes: string) =>
  `(${scopes} IS NULL OR g.scopes || coalesce(g.withdrawn, '{}') @> ${scopes})`;

/** One step of the refresh chain (RFC 6749 §6): succeeds only for the current generation. */
export const REFRESH = step(
  'grant_refresh',
  `id uuid, generation int, secret_hash bytea, client_digest bytea, resource text, scopes text[], at timestamptz,
   expires_at timestamptz, address text`,
  (asked, locking) => `WITH ready AS (
      SELECT asked.n, asked.at, asked.expires_at, asked.address, g.id, m.role, p.ceiling
        FROM ${grantsOf(asked)}
       WHERE g.id = asked.id AND g.generation = asked.generation AND g.secret_hash = asked.secret_hash
         AND c.digest = asked.client_digest
         AND (asked.resource IS NULL OR g.resource = asked.resource) AND ${isApproved('asked.scopes')}
         AND ${isValid('g', 'asked.at')}
         AND ${STANDING}
         ${locking}
    ) UPDATE grants g
         SET generation = g.generation + 1, rotated_at = ready.at, last_used_at = ready.at,
             expires_at = ready.expires_at, last_address = ready.address
        FROM ready WHERE g.id = ready.id
      RETURNING ready.n, ${ISSUED}, ready.role, ready.ceiling`,
);

/**
 * Ends a grant, by whoever may: the client it must belong to, the person, or who has the secret of its refresh tokens.
 * One that has expired too: the access token made from it last may not have.
 */
export const REVOKE = step(
  'grant_revoke',
  `id uuid, at timestamptz, because text, client_digest bytea, user_id uuid, secret_hash bytea, address text`,
  (asked, locking) => `WITH ready AS (
      SELECT asked.n, asked.at, asked.because, asked.address, g.id
        FROM ${asked}, grants g
       WHERE g.id = asked.id AND g.revoked_at IS NULL
         AND (asked.client_digest IS NULL OR g.client_id = (SELECT id FROM clients WHERE digest = asked.client_digest))
         AND (asked.user_id IS NULL OR g.user_id = asked.user_id)
         AND (asked.secret_hash IS NULL OR g.secret_hash = asked.secret_hash)
         ${locking}
    ), revoked AS (
      UPDATE grants g SET revoked_at = ready.at, revoked_because = ready.because FROM ready WHERE g.id = ready.id
      RETURNING ready.n, ready.at, ready.because, ready.address, g.id, g.user_id, g.organization_id
    ), audited AS (${auditGrants('revoked', { at: 'at', action: `'grant.revoked'`, address: 'address', detail: endingDetail('because', 'NULL') })})
    SELECT n FROM revoked`,
);

/**
 * Takes permissions away: `$4` the organization it must belong to, `$5` the person. What tokens carry follows at the
 * next refresh.
 */
export const NARROW: Statement = {
  name: 'grant_narrow',
  text: `WITH standing AS (
      SELECT g.id, g.scopes FROM grants g
       WHERE g.id = $1 AND g.scopes && $3::text[] AND ${isLive('g', '$2')}
         AND ($4::uuid IS NULL OR g.organization_id = $4) AND ($5::uuid IS NULL OR g.user_id = $5)
         FOR NO KEY UPDATE
    ), narrowed AS (
      UPDATE grants g
         SET scopes = ARRAY(SELECT scope FROM unnest(g.scopes) WITH ORDINALITY AS s (scope, n) WHERE scope <> ALL ($3::text[]) ORDER BY n),
             withdrawn = coalesce(g.withdrawn, '{}') || ARRAY(SELECT scope FROM unnest(g.scopes) AS scope WHERE scope = ANY ($3::text[]))
        FROM standing s WHERE g.id = s.id
      RETURNING g.id, g.user_id, g.organization_id, s.scopes AS before, g.scopes AS after
    ), audited AS (${auditGrants('narrowed', { at: '$2', action: `'grant.narrowed'`, address: '$7', detail: `jsonb_build_object('before', before, 'after', after, 'by', $6::text)` })})
    SELECT id FROM narrowed`,
};

/**
 * What the revocation list of each node reads twice a second, by its own index. One text of ids and milliseconds: a row
 * each of the thousands that may end within a minute would hold up everybody.
 */
export const REVOKED_SINCE: Statement = {
  name: 'grants_revoked_since',
  text: `SELECT string_agg(id || ' ' || (extract(epoch FROM revoked_at) * 1000)::bigint, ' ') AS revoked
           FROM grants WHERE revoked_at > $1 AND revoked_at IS NOT NULL`,
};

/** Nobody ended it. Whether it has expired, the access token in hand says itself. */
export const IS_LIVE: Statement = {
  name: 'grant_is_live',
  text: `SELECT 1 FROM grants WHERE id = $1 AND revoked_at IS NULL`,
};

/** What could be approved in place of this grant now. What must be asked for may be allowed when it is. */
export const BOUNDS: Statement = {
  name: 'grant_bounds',
  text: `SELECT m.role, coalesce(p.verdict = 'deny', false) AS denied, p.ceiling
      FROM grants g JOIN clients c ON c.id = g.client_id
      JOIN memberships m ON m.user_id = g.user_id AND m.organization_id = g.organization_id
      LEFT JOIN LATERAL (${ruling({ at: '$2' })}) p ON true
     WHERE g.id = $1`,
};
