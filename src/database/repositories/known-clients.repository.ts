import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientIdentity, ClientMetadata } from '../../oauth/client-metadata.js';
import { isValid } from './grants.sql.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';

/** A client with a row: registered here, or approved by somebody. */
export interface KnownClient {
  /** Of the row. */
  readonly id: string;
  readonly clientId: string;
  readonly identity: ClientIdentity;
  readonly metadata: ClientMetadata;
  readonly trusted: boolean;
  readonly createdAt: Date;
  readonly blockedAt: Date | null;
}

export const CLIENT_STATES = ['blocked', 'trusted'] as const;
export type ClientState = (typeof CLIENT_STATES)[number];

export interface ClientFilter {
  /** Part of what it calls itself, or of its id. */
  readonly search: string;
  readonly identity: ClientIdentity | undefined;
  readonly state: ClientState | undefined;
  readonly after: Position | undefined;
}

/** How a client is used here now: the connections that blocking it ends. */
export interface ClientFacts {
  readonly people: number;
  readonly connections: number;
  /** The organizations with the most connections, and how many there are. */
  readonly organizations: readonly { readonly id: string; readonly name: string; readonly connections: number }[];
  readonly organizationCount: number;
}

const COLUMNS = `c.id, c.client_id AS "clientId", c.identity, c.metadata, c.trusted, c.created_at AS "createdAt",
  c.blocked_at AS "blockedAt"`;
const MATCHES: Readonly<Record<ClientState, string>> = { blocked: 'c.blocked_at IS NOT NULL', trusted: 'c.trusted' };
const NAMED = 20;

/** Every client that has a row, for operators. */
@Injectable()
export class KnownClients {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, with the position of each. */
  async list(
    { search, identity, state, after }: ClientFilter,
    limit: number,
  ): Promise<(KnownClient & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT ${COLUMNS}, ${micros('c.created_at')} AS position FROM clients c
        WHERE ${state ? MATCHES[state] : 'true'} AND ($1::text IS NULL OR c.identity = $1)
          AND ($2 = '' OR strpos(lower(c.metadata->>'client_name'), lower($2)) > 0 OR strpos(c.client_id, $2) > 0)
          AND ($3::bigint IS NULL OR (c.created_at, c.id) < (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY c.created_at DESC, c.id DESC LIMIT $5`,
      [identity ?? null, search, after?.key ?? null, after?.id ?? null, limit],
    );
  }

  /** By the id of its row. */
  async find(id: string): Promise<KnownClient | undefined> {
    const [row] = await this.dataSource.query<KnownClient[]>(`SELECT ${COLUMNS} FROM clients c WHERE c.id = $1`, [id]);
    return row;
  }

  async factsOf(id: string, at: Date): Promise<ClientFacts> {
    const [facts] = await this.dataSource.query<ClientFacts[]>(
      `WITH live AS MATERIALIZED (SELECT g.user_id, g.organization_id FROM grants g WHERE g.client_id = $1 AND ${isValid('g', '$2')}),
        most AS (SELECT organization_id, count(*)::int AS connections FROM live GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${NAMED})
       SELECT count(*)::int AS connections, count(DISTINCT user_id)::int AS people,
              count(DISTINCT organization_id)::int AS "organizationCount",
              (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name, 'connections', most.connections)
                                         ORDER BY most.connections DESC, o.id), '[]')
                 FROM most JOIN organizations o ON o.id = most.organization_id) AS organizations FROM live`,
      [id, at],
    );
    return facts!;
  }
}
