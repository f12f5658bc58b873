import { Injectable } from '@nestjs/common';
import { toolIdentity } from '../clients/tool-identity.js';
import { Clock } from '../config/clock.js';
import { type Connection, Connections } from '../database/repositories/connections.repository.js';
import type { Position } from '../database/repositories/keyset.sql.js';
import { Resources } from '../resources/resources.service.js';
import type { ConnectionRow, ListedConnection } from './console.pages.js';
import { moment } from '../http/moment.js';
import { permissionText } from '../texts/permission.js';
import { isDormant } from '../usage/observations.js';
import { UnusedPermissions } from './unused-permissions.js';
import { shownSince } from './usage-chart.js';

/** The connections of somebody, as their pages show them. */
@Injectable()
export class ConnectionRows {
  constructor(
    private readonly connections: Connections,
    private readonly resources: Resources,
    private readonly unused: UnusedPermissions,
    private readonly clock: Clock,
  ) {}

  /** Those that have not ended and were made last. */
  async newest(userId: string, limit: number): Promise<ConnectionRow[]> {
    const now = this.clock.now();
    const found = await this.connections.ofUser(userId, { limit }, now, shownSince(now));
    return found.map((connection) => this.row(connection, now));
  }

  /** Those that have not ended, newest first, with the position of each. */
  async of(
    userId: string,
    limit: number,
    after: Position | undefined,
    search: string,
  ): Promise<(ListedConnection & { readonly position: string })[]> {
    const now = this.clock.now();
    const found = await this.connections.ofUser(userId, { limit, after, search }, now, shownSince(now));
    const listed = await this.listed(found, now);
    return listed.map((row, index) => ({ ...row, position: found[index]!.position }));
  }

  /** As lists show them, each with what it could do without. */
  async listed(found: readonly Connection[], now: Date): Promise<ListedConnection[]> {
    const unused = await this.unused.of(found, now);
    return found.map((connection) => ({
      ...this.row(connection, now),
      email: connection.email,
      userId: connection.userId,
      clientKey: connection.clientKey,
      called: calledBy(connection),
      unused: (unused.get(connection.id) ?? []).map((scope) => ({
        name: scope.name,
        sentence: permissionText(scope).sentence,
      })),
    }));
  }

  async count(userId: string): Promise<number> {
    return this.connections.countOfUser(userId, this.clock.now());
  }

  /** One of somebody's that has not ended. */
  async live(userId: string, id: string): Promise<ConnectionRow | undefined> {
    const now = this.clock.now();
    const found = await this.connections.find(id, { userId }, shownSince(now));
    return found && found.revokedAt === null && found.expiresAt > now ? this.row(found, now) : undefined;
  }

  row(connection: Connection, now: Date): ConnectionRow {
    const resource = this.resources.find(connection.resource);
    return {
      id: connection.id,
      tool: toolIdentity(connection, connection.redirectUri),
      organization: connection.organizationName,
      server: resource === this.resources.own ? undefined : resource?.name,
      permissions: (resource?.scopes.describe(connection.scopes) ?? []).map((scope) => permissionText(scope).sentence),
      since: moment(connection.createdAt, now),
      lastUsed: moment(connection.lastUsedAt, now),
      until: moment(connection.expiresAt, now),
      calls: connection.calls,
      dormant: isDormant(connection, now),
      connectedFrom: connection.connectedFrom ?? undefined,
      lastAddress: connection.lastAddress ?? undefined,
    };
  }
}

/** The name alone of a tool nobody vouches for, as a query says it. */
function calledBy({ identity, metadata }: Connection): string | undefined {
  const { client_name: called } = metadata;
  return identity === 'self-asserted' && called !== undefined ? new URLSearchParams({ called }).toString() : undefined;
}
