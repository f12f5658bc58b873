import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientIdentity } from '../../oauth/client-metadata.js';
import { type Connection, connectionOf, type ConnectionRow } from './grants.repository.js';
import { auditGrants } from './audit.sql.js';

/** A connection as an administrator of its organization sees it. */
export interface OrganizationConnection extends Connection {
  readonly userId: string;
  readonly email: string;
  /** Of the client's row. */
  readonly clientKey: string;
}

export type ConnectionSort = 'newest' | 'used' | 'person';

export interface ConnectionFilter {
  /** Part of a person's address or of what a tool calls itself. */
  readonly search: string;
  readonly identity: ClientIdentity | undefined;
  readonly sort: ConnectionSort;
  /** Where the page before ended. */
  readonly after: { readonly key: string; readonly id: string } | undefined;
}

/** Which connections of an organization: one, all of a client, all of a person, or everything. */
export interface ConnectionChoice {
  readonly grantId?: string;
  readonly clientKey?: string;
  readonly userId?: string;
}

/** By what each order sorts, as text that sorts alike, and which way. */
const ORDERS: Readonly<Record<ConnectionSort, { readonly key: string; readonly way: '<' | '>' }>> = {
  newest: { key: `to_char(g.created_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')`, way: '<' },
  used: { key: `to_char(g.last_used_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')`, way: '<' },
  person: { key: 'u.email', way: '>' },
};

const LIVE = `g.organization_id = $1 AND g.revoked_at IS NULL AND g.expires_at > $2 AND g.code_used_at IS NOT NULL`;
const CHOSEN = `($3::uuid IS NULL OR g.id = $3) AND ($4::uuid IS NULL OR g.client_id = $4) AND ($5::uuid IS NULL OR g.user_id = $5)`;

interface Row extends ConnectionRow {
  client_key: string;
  user_id: string;
  email: string;
  key: string;
}

/** Every live connection of an organization, whoever approved it. */
@Injectable()
export class OrganizationConnections {
  constructor(private readonly dataSource: DataSource) {}

  /** With the position of each, for the page after it. */
  async list(
    organizationId: string,
    { search, identity, sort, after }: ConnectionFilter,
    limit: number,
    at: Date,
  ): Promise<(OrganizationConnection & { readonly position: string })[]> {
    const { key, way } = ORDERS[sort];
    const rows = await this.dataSource.query<Row[]>(
      `SELECT g.id, g.resource, g.scopes, g.redirect_uri, g.created_at, g.last_used_at, g.expires_at, c.id AS client_key,
              c.client_id, c.identity, c.metadata, o.name AS organization_name, u.id AS user_id, u.email, ${key} AS key
         FROM grants g JOIN clients c ON c.id = g.client_id JOIN users u ON u.id = g.user_id
         JOIN organizations o ON o.id = g.organization_id
        WHERE ${LIVE} AND ($3::text IS NULL OR c.identity = $3)
          AND ($4 = '' OR strpos(lower(u.email), lower($4)) > 0 OR strpos(lower(c.metadata->>'client_name'), lower($4)) > 0)
          AND ($5::text IS NULL OR (${key}, g.id) ${way} ($5, $6::uuid))
        ORDER BY ${key} ${way === '<' ? 'DESC' : 'ASC'}, g.id ${way === '<' ? 'DESC' : 'ASC'} LIMIT $7`,
      [organizationId, at, identity ?? null, search, after?.key ?? null, after?.id ?? null, limit],
    );
    return rows.map((row) => ({
      ...connectionOf(row),
      clientKey: row.client_key,
      userId: row.user_id,
      email: row.email,
      position: row.key,
    }));
  }

  async count(organizationId: string, chosen: ConnectionChoice, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM grants g WHERE ${LIVE} AND ${CHOSEN}`,
      [organizationId, at, ...values(chosen)],
    );
    return row?.n ?? 0;
  }

  /** Ends them: which. Each is in the audit log, with who ended it. */
  async end(organizationId: string, chosen: ConnectionChoice, by: string, at: Date): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH revoked AS (
          UPDATE grants g SET revoked_at = $2, revoked_because = 'ended_by_administrator'
           WHERE ${LIVE} AND ${CHOSEN} RETURNING g.id, g.user_id, g.organization_id
        ), audited AS (${auditGrants('revoked', '$2', `'grant.revoked'`, `jsonb_build_object('because', 'ended_by_administrator', 'by', $6::text)`)})
        SELECT id FROM revoked`,
      [organizationId, at, ...values(chosen), by],
    );
    return rows.map(({ id }) => id);
  }
}

const values = ({ grantId, clientKey, userId }: ConnectionChoice) => [
  grantId ?? null,
  clientKey ?? null,
  userId ?? null,
];
