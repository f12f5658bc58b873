import type { Statement } from '../statements.js';
import { ruling } from './policy.sql.js';

/** So long it waits for an answer, then it is over. */
export const OPEN_DAYS = 30;

/** At `$1`, those that were asked before are over. */
const OPEN_SINCE = `$1::timestamptz - interval '${OPEN_DAYS * 24} hours'`;

/**
 * A request `a` that is not answered and still needs to be, with the place `m` of whoever asks, `u`. That of a disabled
 * account rests with it.
 */
export const OPEN = `access_requests a JOIN memberships m ON m.user_id = a.user_id AND m.organization_id = a.organization_id
      JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL
      JOIN LATERAL (${ruling({ clientId: 'a.client_id', identity: 'a.identity', at: '$1' })}) p
        ON p.verdict = 'ask' AND a.answered_at IS NULL AND a.asked_at > ${OPEN_SINCE}`;

/**
 * Asks, or asks again when there is no answer that counts. No row: it is asked already, or was refused of late, or too
 * much is asked, or policy no longer says "ask".
 */
export const ASK: Statement = {
  name: 'access_ask',
  text: `WITH place AS (
      SELECT m.user_id, m.organization_id FROM memberships m JOIN users u ON u.id = m.user_id
        JOIN LATERAL (${ruling({ clientId: '$4', identity: '$6', at: '$1' })}) p ON p.verdict = 'ask'
       WHERE m.user_id = $2 AND m.organization_id = $3 AND u.disabled_at IS NULL
         AND (SELECT count(*) FROM access_requests WHERE user_id = $2 AND asked_at > $14) < $13
         AND (SELECT count(*) FROM ${OPEN} WHERE a.user_id = $2 AND a.organization_id = $3) < $12
    ), asked AS (
      INSERT INTO access_requests (user_id, organization_id, client_id, digest, identity, client_name, redirect_uri, resource, scopes, reason, asked_at)
      SELECT user_id, organization_id, $4, $5, $6, $7, $8, $9, $10::text[], $11, $1 FROM place
      ON CONFLICT (user_id, organization_id, digest) DO UPDATE
         SET identity = excluded.identity, client_name = excluded.client_name, redirect_uri = excluded.redirect_uri,
             resource = excluded.resource, scopes = excluded.scopes, reason = excluded.reason, asked_at = excluded.asked_at,
             answered_at = NULL, answered_by = NULL, answer = NULL
       WHERE access_requests.answer = 'approved' OR access_requests.answered_at <= $14
          OR access_requests.answered_at IS NULL AND access_requests.asked_at <= ${OPEN_SINCE}
      RETURNING id, user_id, organization_id
    ), audited AS (
      INSERT INTO audit_events (at, action, user_id, organization_id, address, detail)
      SELECT $1, 'access.requested', user_id, organization_id, $15, jsonb_build_object('client', $7::text, 'request', id) FROM asked)
    SELECT id FROM asked`,
};

/** What is shown of those that wait. */
export const SHOWN = `SELECT a.id, a.user_id AS "userId", a.client_id AS "clientId", a.identity, a.client_name AS "clientName",
           a.redirect_uri AS "redirectUri", a.resource, a.scopes, a.reason, a.asked_at AS "askedAt", u.email, m.role
      FROM ${OPEN}`;

/** The request `$1`, when policy does not allow its tool at `$2`. */
export const STILL_ASKS = `SELECT 1 FROM access_requests a JOIN memberships m ON m.user_id = a.user_id AND m.organization_id = a.organization_id
      JOIN LATERAL (${ruling({ clientId: 'a.client_id', identity: 'a.identity', at: '$2' })}) p ON p.verdict <> 'allow'
     WHERE a.id = $1`;
