import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Statement, Statements } from '../statements.js';

/** What a node counted for one connection in one hour, since it last wrote. */
export interface UsageCount {
  readonly grantId: string;
  readonly organizationId: string;
  readonly hour: Date;
  readonly calls: number;
  readonly failures: number;
  readonly scopes: readonly string[];
  readonly tools: Readonly<Record<string, number>>;
  readonly usedAt: Date;
  /** Empty: not known. */
  readonly address: string;
}

/**
 * Adds what one node counted to what is there: one row a connection and hour, whatever the number of calls. Rows are taken
 * in the order of their keys, so that two nodes never wait for each other. When it was last used is moved on once a minute,
 * or when the address is another.
 */
const ADD: Statement = {
  name: 'usage_add',
  text: `WITH counted AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS c ("grantId" uuid, "organizationId" uuid, hour timestamptz,
        calls integer, failures integer, scopes text[], tools jsonb, "usedAt" timestamptz, address text)
    ), hours AS (
      INSERT INTO connection_hours AS h (grant_id, hour, organization_id, calls, failures, scopes, tools)
      SELECT "grantId", hour, "organizationId", calls, failures, scopes, tools FROM counted ORDER BY 1, 2
      ON CONFLICT (grant_id, hour) DO UPDATE
         SET calls = h.calls + excluded.calls, failures = h.failures + excluded.failures,
             scopes = ARRAY(SELECT unnest(h.scopes) UNION SELECT unnest(excluded.scopes) ORDER BY 1),
             tools = (SELECT coalesce(jsonb_object_agg(tool, n), '{}') FROM (
                 SELECT key AS tool, sum(value::integer) AS n
                   FROM (SELECT * FROM jsonb_each_text(h.tools) UNION ALL SELECT * FROM jsonb_each_text(excluded.tools)) AS each
                  GROUP BY key) AS summed)
    )
    INSERT INTO connection_uses AS u (grant_id, organization_id, used_at, address)
    SELECT DISTINCT ON ("grantId") "grantId", "organizationId", "usedAt", address FROM counted ORDER BY "grantId", "usedAt" DESC
    ON CONFLICT (grant_id) DO UPDATE SET used_at = excluded.used_at, address = excluded.address
     WHERE excluded.used_at > u.used_at + interval '1 minute'
        OR (excluded.used_at > u.used_at AND excluded.address <> u.address)`,
};

/** The oldest, so many at a time, by whichever node has the turn; the others find nothing to do. */
const SWEEP: Statement = {
  name: 'usage_sweep',
  text: `WITH turn AS MATERIALIZED (
      SELECT pg_try_advisory_xact_lock(hashtextextended('usage sweep', 0)) AS mine
    ), old AS (
      SELECT grant_id, hour FROM connection_hours WHERE hour < $1 AND (SELECT mine FROM turn) ORDER BY hour LIMIT $2
    )
    DELETE FROM connection_hours h USING old WHERE h.grant_id = old.grant_id AND h.hour = old.hour RETURNING 1`,
};

/** How connections are used: hours of counters, and when each was used last. */
@Injectable()
export class ConnectionUsage {
  constructor(
    private readonly statements: Statements,
    private readonly dataSource: DataSource,
  ) {}

  /** Each connection and hour once. */
  async add(counts: readonly UsageCount[]): Promise<void> {
    await this.statements.run(ADD, [JSON.stringify(counts)]);
  }

  /** Removes hours that began before, `limit` at most: how many. */
  async sweep(before: Date, limit: number): Promise<number> {
    return (await this.statements.run(SWEEP, [before, limit])).length;
  }

  /** The first hour anything is known of; what was used before is not. */
  async countingSince(): Promise<Date | undefined> {
    const [row] = await this.dataSource.query<{ hour: Date | null }[]>(
      'SELECT min(hour) AS hour FROM connection_hours',
    );
    return row?.hour ?? undefined;
  }
}
