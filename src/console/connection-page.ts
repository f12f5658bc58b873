import { Injectable, NotFoundException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '../config/clock.js';
import { ConnectionUsage } from '../database/repositories/connection-usage.repository.js';
import { type Connection, Connections } from '../database/repositories/connections.repository.js';
import { Grants } from '../database/repositories/grants.repository.js';
import { moment } from '../http/moment.js';
import { renderPage } from '../http/page.js';
import { permissionText } from '../texts/permission.js';
import { text, type Text } from '../texts/text.js';
import { Resources } from '../resources/resources.service.js';
import { ConnectionRows } from './connection-rows.js';
import { CONNECTION_PAGE, type Shell } from './console.pages.js';
import { fieldOf } from './field.js';
import { UnusedPermissions } from './unused-permissions.js';
import { shownSince, usageChart } from './usage-chart.js';

/** Whose connection it must be: of an organization, or of a person. */
export type Whose = { readonly organizationId: string } | { readonly userId: string };

/**
 * One connection with its story, and what can be taken away from it. The same for its person and for administrators.
 */
@Injectable()
export class ConnectionPage {
  constructor(
    private readonly connections: Connections,
    private readonly rows: ConnectionRows,
    private readonly usage: ConnectionUsage,
    private readonly unused: UnusedPermissions,
    private readonly grants: Grants,
    private readonly resources: Resources,
    private readonly clock: Clock,
  ) {}

  /** `here`: its address; `end`: where it is ended. Throws `NotFoundException`. */
  async render(
    reply: FastifyReply,
    id: string,
    whose: Whose,
    { shell, here, end, back, notice }: { shell: Shell; here: string; end: string; back: string; notice?: Text },
  ): Promise<void> {
    const now = this.clock.now();
    const connection = await this.connections.find(id, whose, shownSince(now));
    if (!connection) throw new NotFoundException();
    const over = connection.revokedAt ?? (connection.expiresAt <= now ? connection.expiresAt : undefined);
    const row = this.rows.row(connection, now);
    await renderPage(reply, CONNECTION_PAGE, {
      title: text('connection.title', { tool: row.tool.name }),
      shell,
      notice,
      here,
      end,
      back,
      connection: row,
      email: connection.email,
      over: over && {
        at: moment(over, now),
        why: text(connection.revokedBecause ? `ended.${connection.revokedBecause}` : 'ended.expired'),
      },
      chart: usageChart(await this.usage.daysOf(id, shownSince(now)), now),
      permissions: await this.permissions(connection, now),
      withdrawn: this.describe(connection, connection.withdrawn).map((scope) => permissionText(scope).sentence),
    });
  }

  /**
   * Takes permissions away, each with what contains it: reading stays, since without it no tool can live. Throws
   * `NotFoundException`.
   */
  async narrow(id: string, whose: Whose, scope: unknown, by: string): Promise<void> {
    const at = this.clock.now();
    const connection = await this.connections.find(id, whose, at);
    const taken = connection ? this.describe(connection, [scope].flat().map(fieldOf)) : [];
    const catalogue = connection && this.resources.find(connection.resource)?.scopes;
    if (!catalogue || taken.length === 0 || taken.some(({ kind }) => kind !== 'change')) throw new NotFoundException();
    const names = new Set(taken.flatMap(({ name }) => catalogue.containing(name)));
    if (!(await this.grants.narrow(id, [...names], { ...whose, by }, at))) throw new NotFoundException();
  }

  private describe({ resource }: Connection, names: readonly string[]) {
    return this.resources.find(resource)?.scopes.describe(names) ?? [];
  }

  private async permissions(connection: Connection, now: Date) {
    const unused = (await this.unused.of([connection], now)).get(connection.id);
    return this.describe(connection, connection.scopes).map((scope) => ({
      name: scope.name,
      ...permissionText(scope),
      removable: scope.kind === 'change',
      unused: unused?.includes(scope) ?? false,
    }));
  }
}
