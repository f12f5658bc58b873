import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientIdentity, ClientMetadata } from '../../oauth/client-metadata.js';
import type { RevocationReason } from '../entities/grant.entity.js';
import { isLive } from './grants.sql.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';

/** A grant as people see it: which tool works where, for whom, with what, and how much. */
export interface Connection {
  readonly id: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Permissions that were taken away. */
  readonly withdrawn: readonly string[];
  readonly redirectUri: string;
  readonly createdAt: Date;
  /** Its last call; when it was connected, if there was none. */
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedBecause: RevocationReason | null;
  /** Where it was connected from, and was seen last; null: not known. */
  readonly connectedFrom: string | null;
  readonly lastAddress: string | null;
  /** Within the days that are shown. */
  readonly calls: number;
  readonly clientId: string;
  /** Of the client's row. */
  readonly clientKey: string;
  readonly identity: ClientIdentity;
  readonly metadata: ClientMetadata;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly userId: string;
  readonly email: string;
}

/**
 * Everything about the connections whose `id`, and `position` in a list, `page` selects. `since`: placeholder of the
 * first hour that counts.
 */
export const detailed = (page: string, since: string, order: string) =>
  `WITH page AS MATERIALIZED (${page})
   SELECT page.*, g.resource, g.scopes, coalesce(g.withdrawn, '{}') AS withdrawn, g.redirect_uri AS "redirectUri",
          g.created_at AS "createdAt", coalesce(v.used_at, g.code_used_at) AS "lastUsedAt", g.expires_at AS "expiresAt",
          g.revoked_at AS "revokedAt", g.revoked_because AS "revokedBecause", g.connected_from AS "connectedFrom",
          CASE WHEN v.address <> '' AND v.used_at >= g.last_used_at THEN v.address
               ELSE coalesce(g.last_address, nullif(v.address, ''), g.connected_from) END AS "lastAddress",
          (SELECT coalesce(sum(h.calls), 0)::integer FROM connection_hours h WHERE h.grant_id = g.id AND h.hour >= ${since}) AS calls,
          c.client_id AS "clientId", c.id AS "clientKey", c.identity, c.metadata, o.id AS "organizationId",
          o.name AS "organizationName", u.id AS "userId", u.email
     FROM page JOIN grants g ON g.id = page.id JOIN clients c ON c.id = g.client_id
     JOIN users u ON u.id = g.user_id JOIN organizations o ON o.id = g.organization_id
     LEFT JOIN connection_uses v ON v.grant_id = g.id ${order}`;

const OWN = `g.user_id = $1 AND ${isLive('g', '$2')}`;

interface OwnPage {
  readonly limit: number;
  readonly after?: Position | undefined;
  readonly search?: string;
}

/** Connections of people, one or all of somebody's. */
@Injectable()
export class Connections {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * What somebody has connected and not ended, the newest first, with the position of each. `search`: part of the
   * tool's or the organization's name; `since`: from when on calls count.
   */
  async ofUser(
    userId: string,
    { limit, after, search = '' }: OwnPage,
    at: Date,
    since: Date,
  ): Promise<(Connection & { readonly position: string })[]> {
    const page = `SELECT g.id, ${micros('g.created_at')} AS position FROM grants g
         JOIN clients c ON c.id = g.client_id JOIN organizations o ON o.id = g.organization_id
        WHERE ${OWN} AND ($7 = '' OR strpos(lower(c.metadata->>'client_name'), lower($7)) > 0 OR strpos(lower(o.name), lower($7)) > 0)
          AND ($3::bigint IS NULL OR (g.created_at, g.id) < (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY g.created_at DESC, g.id DESC LIMIT $5`;
    return this.dataSource.query(detailed(page, '$6', 'ORDER BY g.created_at DESC, g.id DESC'), [
      userId,
      at,
      after?.key ?? null,
      after?.id ?? null,
      limit,
      since,
      search,
    ]);
  }

  async countOfUser(userId: string, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::integer AS n FROM grants g WHERE ${OWN}`,
      [userId, at],
    );
    return row!.n;
  }

  /** One that was connected, ended or not; of this organization, or of this person. */
  async find(
    id: string,
    { organizationId, userId }: { organizationId?: string; userId?: string },
    since: Date,
  ): Promise<Connection | undefined> {
    const page = `SELECT g.id FROM grants g WHERE g.id = $1 AND g.code_used_at IS NOT NULL
        AND ($2::uuid IS NULL OR g.organization_id = $2) AND ($3::uuid IS NULL OR g.user_id = $3)`;
    const [row] = await this.dataSource.query<Connection[]>(detailed(page, '$4', ''), [
      id,
      organizationId ?? null,
      userId ?? null,
      since,
    ]);
    return row;
  }
}
