import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { actedFrom } from '../../config/acting-from.js';
import type { ClientIdentity } from '../../oauth/client-metadata.js';
import { noteEnded } from '../endings.js';
import { takeTime } from '../silence.js';
import { auditGrants, endingDetail } from './audit.sql.js';
import { type Connection, detailed } from './connections.repository.js';
import { isLive, isValid } from './grants.sql.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';
import { MEMBERS } from './memberships.sql.js';

export type ConnectionSort = 'newest' | 'used' | 'person';

export interface ConnectionFilter {
  /** Part of a person's address or of what a tool calls itself. */
  readonly search: string;
  readonly identity: ClientIdentity | undefined;
  /** Only those that were not used since. */
  readonly dormantSince: Date | undefined;
  readonly clientKey: string | undefined;
  readonly userId: string | undefined;
  readonly sort: ConnectionSort;
  /** Where the page before ended. */
  readonly after: Position | undefined;
}

/** By their ids. */
interface Called {
  readonly people: readonly string[];
  readonly tools: readonly string[];
}

/** Which connections of an organization: one, all of a client, all of a person, or everything. */
export interface ConnectionChoice {
  readonly grantId?: string;
  readonly clientKey?: string;
  readonly userId?: string;
  /**
   * All of the clients that call themselves so and that nobody vouches for: most register anew with each installation.
   */
  readonly called?: string;
}

const LIVE = `g.organization_id = $1 AND ${isLive('g', '$2')}`;
const CHOSEN = `($3::uuid IS NULL OR g.id = $3) AND ($4::uuid IS NULL OR g.client_id = $4) AND ($5::uuid IS NULL OR g.user_id = $5)
   AND ($6::text IS NULL OR g.client_id IN (SELECT id FROM clients WHERE identity = 'self-asserted' AND metadata->>'client_name' = $6))`;

/** Who and what is called like the search: people of the organization, tools of anybody. */
const CALLED = `SELECT
   ARRAY(SELECT u.id FROM ${MEMBERS}
          WHERE m.organization_id = $1 AND strpos(lower(u.email), lower($2)) > 0) AS people,
   ARRAY(SELECT id FROM clients WHERE strpos(lower(metadata->>'client_name'), lower($2)) > 0) AS tools`;

/**
 * What is looked for among them. People `$4` and tools `$12` were found before, so that the planner knows how many they
 * are. Nothing younger can be dormant.
 */
const FOUND = `($3::text IS NULL OR g.client_id IN (SELECT id FROM clients WHERE identity = $3))
   AND ($4::uuid[] IS NULL OR g.user_id = ANY ($4) OR g.client_id = ANY ($12))
   AND ($5::timestamptz IS NULL OR g.created_at < $5)
   AND ($5::timestamptz IS NULL
        OR coalesce((SELECT v.used_at FROM connection_uses v WHERE v.grant_id = g.id), g.code_used_at) < $5)
   AND ($6::uuid IS NULL OR g.client_id = $6) AND ($7::uuid IS NULL OR g.user_id = $7)`;

const TIME_OF_KEY = timeOfMicros('$8');

/**
 * Each order walks an index from where the page before ended (keyset), so that a page costs the same however many there
 * are. By last use there are two: first those that were used, then those that never were. By person it goes from member
 * to member, until there are enough.
 */
const ORDERS = {
  newest: {
    page: `SELECT g.id, ${micros('g.created_at')} AS position FROM grants g
        WHERE ${LIVE} AND ${FOUND} AND ($8::bigint IS NULL OR (g.created_at, g.id) < (${TIME_OF_KEY}, $9::uuid))
        ORDER BY g.created_at DESC, g.id DESC LIMIT $10`,
    order: 'ORDER BY g.created_at DESC, g.id DESC',
  },
  used: {
    page: `SELECT g.id, ${micros('w.used_at')} AS position
         FROM connection_uses w JOIN grants g ON g.id = w.grant_id
        WHERE w.organization_id = $1 AND ${LIVE} AND ${FOUND}
          AND ($5::timestamptz IS NULL OR w.used_at < $5)
          AND ($8::bigint IS NULL OR (w.used_at, w.grant_id) < (${TIME_OF_KEY}, $9::uuid))
        ORDER BY w.used_at DESC, w.grant_id DESC LIMIT $10`,
    order: 'ORDER BY v.used_at DESC, g.id DESC',
  },
  unused: {
    page: `SELECT g.id, '-' || ${micros('g.created_at')} AS position FROM grants g
        WHERE ${LIVE} AND ${FOUND} AND NOT EXISTS (SELECT 1 FROM connection_uses w WHERE w.grant_id = g.id)
          AND ($8::bigint IS NULL OR (g.created_at, g.id) < ('epoch'::timestamptz - $8::bigint * interval '1 microsecond', $9::uuid))
        ORDER BY g.created_at DESC, g.id DESC LIMIT $10`,
    order: 'ORDER BY g.created_at DESC, g.id DESC',
  },
  person: {
    page: `SELECT g.id, p.email AS position FROM (
          SELECT u.id, u.email FROM ${MEMBERS}
           WHERE m.organization_id = $1 AND ($8::text IS NULL OR u.email >= $8) AND ($7::uuid IS NULL OR u.id = $7)
             AND ($4::uuid[] IS NULL OR u.id = ANY ($4) OR cardinality($12::uuid[]) > 0)
           ORDER BY u.email) p
        CROSS JOIN LATERAL (
          SELECT g.id FROM grants g
           WHERE g.user_id = p.id AND ${LIVE} AND ${FOUND} AND ($8::text IS NULL OR (p.email, g.id) > ($8, $9::uuid))
           ORDER BY g.id LIMIT $10) g
        ORDER BY p.email, g.id LIMIT $10`,
    order: 'ORDER BY u.email, g.id',
  },
} as const;

/** Microseconds; with a sign where those begin that were never used. */
const TIME_KEY = /^-?\d{1,17}$/;

/** Every live connection of an organization, whoever approved it. */
@Injectable()
export class OrganizationConnections {
  constructor(private readonly dataSource: DataSource) {}

  /** With the position of each, for the page after it. `since`: from when on calls count. */
  async list(
    organizationId: string,
    filter: ConnectionFilter,
    limit: number,
    at: Date,
    since: Date,
  ): Promise<(Connection & { readonly position: string })[]> {
    const { sort } = filter;
    const after = sort === 'person' || TIME_KEY.test(filter.after?.key ?? '') ? filter.after : undefined;
    const called = filter.search === '' ? undefined : await this.called(organizationId, filter.search);
    if (called?.people.length === 0 && called.tools.length === 0) return [];
    const read = (by: keyof typeof ORDERS, from: typeof after, most: number) =>
      this.page(organizationId, by, { ...filter, called, after: from }, most, at, since);
    if (sort !== 'used') return read(sort, after, limit);
    if (after?.key.startsWith('-')) return read('unused', after, limit);
    const used = await read('used', after, limit);
    return used.length === limit ? used : [...used, ...(await read('unused', undefined, limit - used.length))];
  }

  private async called(organizationId: string, search: string): Promise<Called> {
    const [found] = await this.dataSource.query<Called[]>(CALLED, [organizationId, search]);
    return found!;
  }

  private async page(
    organizationId: string,
    by: keyof typeof ORDERS,
    { identity, called, dormantSince, clientKey, userId, after }: ConnectionFilter & { called: Called | undefined },
    limit: number,
    at: Date,
    since: Date,
  ): Promise<(Connection & { readonly position: string })[]> {
    const { page, order } = ORDERS[by];
    const found = [identity ?? null, called?.people ?? null, dormantSince ?? null, clientKey ?? null, userId ?? null];
    return this.dataSource.query(detailed(page, '$11', order), [
      organizationId,
      at,
      ...found,
      after?.key ?? null,
      after?.id ?? null,
      limit,
      since,
      called?.tools ?? null,
    ]);
  }

  async count(organizationId: string, chosen: ConnectionChoice, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM grants g WHERE ${LIVE} AND ${CHOSEN}`,
      [organizationId, at, ...values(chosen)],
    );
    return row?.n ?? 0;
  }

  /**
   * Ends them, and with them what was approved and waits for its code to be exchanged: how many connections there were.
   * Each is in the audit log, with who ended it.
   */
  async end(organizationId: string, chosen: ConnectionChoice, by: string, at: Date): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await takeTime(manager);
      const rows = await manager.query<{ id: string; live: boolean }[]>(
        `WITH revoked AS (
          UPDATE grants g SET revoked_at = $2, revoked_because = 'ended_by_administrator'
           WHERE g.organization_id = $1 AND ${isValid('g', '$2')} AND ${CHOSEN} RETURNING g.id, g.user_id, g.organization_id, g.code_used_at
        ), audited AS (${auditGrants('revoked', { at: '$2', action: `'grant.revoked'`, address: '$8', detail: endingDetail(`'ended_by_administrator'`, '$7') })})
        SELECT id, code_used_at IS NOT NULL AS live FROM revoked`,
        [organizationId, at, ...values(chosen), by, actedFrom()],
      );
      noteEnded(manager, rows);
      return rows.filter(({ live }) => live).length;
    });
  }
}

const values = ({ grantId, clientKey, userId, called }: ConnectionChoice) => [
  grantId ?? null,
  clientKey ?? null,
  userId ?? null,
  called ?? null,
];
