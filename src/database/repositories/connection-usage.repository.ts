import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { UsageSubject } from '../entities/usage-day.entity.js';
import { type Statement, Statements } from '../statements.js';
import type { Position } from './keyset.sql.js';

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

/** A day (UTC, `YYYY-MM-DD`) something was called on. */
export interface DayOfUse {
  readonly day: string;
  readonly calls: number;
  readonly failures: number;
}

/** How much of an organization's use is whose: a tool's, a person's. */
export interface Share {
  /** Of the tool or the person, among those with as many calls. */
  readonly id: string;
  readonly name: string;
  readonly calls: number;
  readonly failures: number;
  /** Its calls, where a page ends. */
  readonly position: string;
}

/** Of `$1`, an organization, and the days since the time `$2`. */
const OF_DAYS = (kind: UsageSubject) =>
  `organization_id = $1 AND kind = '${kind}' AND day >= ($2::timestamptz AT TIME ZONE 'UTC')::date`;

const OF_WEEKS = `organization_id = $1 AND kind = 'person' AND day >= date_trunc('week', $2::timestamptz AT TIME ZONE 'UTC')::date`;

/**
 * The `$3` with the most calls after the place `$4`, `$5`. Counts go on meanwhile: whoever rose is on a page before.
 */
const SHARES = (days: string) =>
  `SELECT subject AS id, sum(calls)::integer AS calls, sum(failures)::integer AS failures, sum(calls)::text AS position
     FROM usage_days WHERE ${days} GROUP BY subject
   HAVING $4::bigint IS NULL OR (-sum(calls), subject) > (-$4::bigint, $5::text)
    ORDER BY sum(calls) DESC, subject LIMIT $3`;

/**
 * Adds what one node counted to what is there: one row a connection and hour, whatever the number of calls, and the
 * sums of its organization. Rows are taken in the order of their keys, so that two nodes never wait for each other.
 * When it was last used is moved on once a minute, or when the address is another.
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
    ), days AS (
      INSERT INTO usage_days AS d (organization_id, kind, day, subject, calls, failures)
      SELECT "organizationId", kind, day, subject, sum(calls), sum(failures) FROM (
          SELECT "organizationId", 'organization' AS kind, (hour AT TIME ZONE 'UTC')::date AS day, '' AS subject, calls, failures FROM counted
          UNION ALL
          SELECT "organizationId", 'client', (hour AT TIME ZONE 'UTC')::date, coalesce(c.metadata->>'client_name', ''), calls, failures
            FROM counted JOIN grants g ON g.id = "grantId" JOIN clients c ON c.id = g.client_id
          UNION ALL
          SELECT "organizationId", 'person', date_trunc('week', hour AT TIME ZONE 'UTC')::date, g.user_id::text, calls, failures
            FROM counted JOIN grants g ON g.id = "grantId"
          UNION ALL
          SELECT "organizationId", 'mcp-tool', (hour AT TIME ZONE 'UTC')::date, t.key, t.value::integer, 0
            FROM counted, jsonb_each_text(tools) t
        ) AS parts GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (organization_id, kind, day, subject) DO UPDATE
         SET calls = d.calls + excluded.calls, failures = d.failures + excluded.failures
    )
    INSERT INTO connection_uses AS u (grant_id, organization_id, used_at, address)
    SELECT DISTINCT ON ("grantId") "grantId", "organizationId", "usedAt", address FROM counted ORDER BY "grantId", "usedAt" DESC
    ON CONFLICT (grant_id) DO UPDATE SET used_at = excluded.used_at, address = excluded.address
     WHERE excluded.used_at > u.used_at + interval '1 minute'
        OR (excluded.used_at > u.used_at AND excluded.address <> u.address)`,
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

  /** The first hour anything is known of; what was used before is not. */
  async countingSince(): Promise<Date | undefined> {
    const [row] = await this.dataSource.query<{ hour: Date | null }[]>(
      'SELECT min(hour) AS hour FROM connection_hours',
    );
    return row?.hour ?? undefined;
  }

  async daysOf(grantId: string, since: Date): Promise<DayOfUse[]> {
    return this.dataSource.query(
      `SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, sum(calls)::integer AS calls, sum(failures)::integer AS failures
         FROM connection_hours WHERE grant_id = $1 AND hour >= $2 GROUP BY 1`,
      [grantId, since],
    );
  }

  /**
   * Of each permission of a connection, whether it was not made use of since. Each is looked for by itself, and found
   * soon where it is used.
   */
  async unused(asked: readonly { grantId: string; scope: string }[], since: Date): Promise<boolean[]> {
    if (asked.length === 0) return [];
    const rows = await this.dataSource.query<{ unused: boolean }[]>(
      `SELECT (SELECT true FROM connection_hours h WHERE h.grant_id = a.grant_id AND h.hour >= $3 AND a.scope = ANY (h.scopes) LIMIT 1) IS NULL AS unused
         FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS a (grant_id, scope, n) ORDER BY a.n`,
      [asked.map(({ grantId }) => grantId), asked.map(({ scope }) => scope), since],
    );
    return rows.map(({ unused }) => unused);
  }

  async daysOfOrganization(organizationId: string, since: Date): Promise<DayOfUse[]> {
    return this.dataSource.query(
      `SELECT to_char(day, 'YYYY-MM-DD') AS day, calls, failures FROM usage_days WHERE ${OF_DAYS('organization')}`,
      [organizationId, since],
    );
  }

  /** Tools by what they call themselves, empty when they do not, those with the most calls first. */
  async byClient(organizationId: string, since: Date, limit: number, after?: Position): Promise<Share[]> {
    return this.dataSource.query(
      `SELECT id AS name, s.* FROM (${SHARES(OF_DAYS('client'))}) s ORDER BY s.calls DESC, s.id`,
      [organizationId, since, limit, after?.key ?? null, after?.id ?? null],
    );
  }

  /**
   * People by their address, those whose tools made the most calls first. Counted by weeks, from the one of `since`.
   */
  async byPerson(organizationId: string, since: Date, limit: number, after?: Position): Promise<Share[]> {
    return this.dataSource.query(
      `SELECT u.email AS name, s.* FROM (${SHARES(OF_WEEKS)}) s JOIN users u ON u.id = s.id::uuid ORDER BY s.calls DESC, s.id`,
      [organizationId, since, limit, after?.key ?? null, after?.id ?? null],
    );
  }

  /** This server's own MCP tools, the most called. */
  async byMcpTool(organizationId: string, since: Date): Promise<{ name: string; calls: number }[]> {
    return this.dataSource.query(
      `SELECT subject AS name, sum(calls)::integer AS calls FROM usage_days WHERE ${OF_DAYS('mcp-tool')} GROUP BY 1 ORDER BY 2 DESC, 1`,
      [organizationId, since],
    );
  }
}
