import { OPEN_DAYS } from './access-requests.statements.js';

/** Tables that are swept of what is over. */
export const SWEPT_TABLES = [
  'access_requests',
  'attempt_steps',
  'connection_hours',
  'deleted_projects',
  'denied_requests',
  'grants',
  'invitations',
  'rate_limits',
  'sessions',
  'table_sizes',
  'usage_days',
] as const;
export type SweptTable = (typeof SWEPT_TABLES)[number];

/** What a step removes, of the rows that were over before `$1`. */
export interface Sweeping {
  readonly statement: string;
  /** Of two further parameters, the pages a step goes through; else one, the rows it removes at most. */
  readonly byPages: boolean;
}

/*
 * Each step is a statement of its own, and short. Of several nodes, one has the turn, and the others find nothing to
 * do. It waits for no row that somebody holds: that one goes with the next turn, and nothing it locks can be in
 * anybody's way for long.
 */

const TURN = (table: SweptTable) =>
  `turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('sweep of ${table}', 0)) AS mine)`;

/** Where an index leads to the oldest. */
const byIndex = (table: SweptTable, column: string, before: string): Sweeping => ({
  byPages: false,
  statement: `WITH ${TURN(table)}, old AS MATERIALIZED (
        SELECT ctid FROM ${table} WHERE ${column} < ${before} AND (SELECT mine FROM turn)
         ORDER BY ${column} LIMIT $2 FOR UPDATE SKIP LOCKED
      ), gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING 1)
      SELECT count(*)::integer AS removed FROM gone`,
});

/** Where none does: an index would cost each act that writes more than a look at the table now and then. */
const byPages = (table: SweptTable, over: string, rest = ''): Sweeping => ({
  byPages: true,
  statement: `WITH ${TURN(table)}, old AS MATERIALIZED (
        SELECT ctid FROM ${table}
         WHERE ctid >= format('(%s,0)', $2::bigint)::tid AND ctid < format('(%s,0)', $3::bigint)::tid
           AND ${over} AND (SELECT mine FROM turn) FOR UPDATE SKIP LOCKED
      ), gone AS (DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING *)${rest}
      SELECT count(*)::integer AS removed FROM gone`,
});

export const SWEEPINGS: Readonly<Record<SweptTable, Sweeping>> = {
  access_requests: byPages(
    'access_requests',
    `coalesce(answered_at, asked_at + interval '${OPEN_DAYS * 24} hours') < $1`,
  ),
  attempt_steps: byPages('attempt_steps', 'at < $1'),
  connection_hours: byIndex('connection_hours', 'hour', '$1'),
  deleted_projects: byPages('deleted_projects', 'deleted_at < $1'),
  denied_requests: byPages('denied_requests', 'expires_at < $1'),
  /** With them goes when they were last used. What names the tool of their events in the log stays. */
  grants: byPages(
    'grants',
    'coalesce(revoked_at, expires_at) < $1',
    `, kept AS (INSERT INTO former_connections (id, organization_id, client_id) SELECT id, organization_id, client_id FROM gone)
     , uses AS (DELETE FROM connection_uses WHERE grant_id = ANY (ARRAY(SELECT id FROM gone)))`,
  ),
  invitations: byPages('invitations', 'expires_at < $1'),
  rate_limits: byPages('rate_limits', 'expire < extract(epoch FROM $1::timestamptz) * 1000'),
  sessions: byPages('sessions', 'expires_at < $1'),
  table_sizes: byPages('table_sizes', `day < ($1::timestamptz AT TIME ZONE 'UTC')::date`),
  usage_days: byIndex('usage_days', 'day', `($1::timestamptz AT TIME ZONE 'UTC')::date`),
};
