import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { OrganizationConnections } from '../../database/repositories/organization-connections.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { nextPage } from '../../http/position.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { CLIENT_IDENTITIES } from '../../oauth/client-metadata.js';
import { text } from '../../texts/text.js';
import { choices, filterChoices } from '../choices.js';
import { ConnectionPage } from '../connection-page.js';
import { ConnectionRows } from '../connection-rows.js';
import { endedNotice } from '../ended.js';
import { backTo, listOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { shownSince } from '../usage-chart.js';
import { filterOf, queryOf, SORTS } from './connection-filter.js';
import { ORGANIZATION_CONNECTIONS_PAGE } from './organization-connections.pages.js';

const PAGE = 50;

type Asked = Readonly<Record<string, unknown>>;

/** Every tool that works for an organization. Owners and admins see them; to others there is no such page. */
@Controller('console/organizations/:id/connections')
@UseGuards(SessionGuard)
export class OrganizationConnectionsController {
  constructor(
    private readonly shells: Shells,
    private readonly connections: OrganizationConnections,
    private readonly rows: ConnectionRows,
    private readonly page: ConnectionPage,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const now = this.clock.now();
    const filter = filterOf(asked, now);
    const found = await this.connections.list(id, filter, PAGE + 1, now, shownSince(now));
    const shell = await this.shells.ofOrganization('connections', organization, session, { request, reply });
    const here = `/console/organizations/${id}/connections`;
    await renderPage(reply, ORGANIZATION_CONNECTIONS_PAGE, {
      title: text('ai.title', { organization: organization.name }),
      shell,
      notice: noticeOf(asked['done']),
      ended: endedNotice(asked, now),
      here,
      list: new URLSearchParams(queryOf(filter)).toString(),
      search: filter.search,
      grades: filterChoices(text('ai.any'), CLIENT_IDENTITIES, filter.identity, (value) => text(`grade.${value}`)),
      sorts: choices(SORTS, filter.sort, (value) => text(`sort.${value}`)),
      dormant: filter.dormantSince !== undefined,
      tool: filter.clientKey,
      person: filter.userId,
      filtered:
        filter.search !== '' ||
        [filter.identity, filter.dormantSince, filter.clientKey, filter.userId, filter.after].some(Boolean),
      connections: await this.rows.listed(found.slice(0, PAGE), now),
      more: nextPage(here, queryOf({ ...filter, after: undefined }), found, PAGE),
    });
  }

  @Get(':connection')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('connection') connectionId: string,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const shell = await this.shells.ofOrganization('connections', organization, session, { request, reply });
    const back = `/console/organizations/${id}/connections`;
    const places = { here: `${back}/${connectionId}`, end: `${back}/end?connection=${connectionId}`, back };
    await this.page.render(reply, connectionId, { organizationId: id }, { shell, ...places, notice: noticeOf(done) });
  }

  /** Field "list": it was asked for from the list, as this query shows it. */
  @Post(':connection/narrow')
  @UseGuards(CsrfGuard)
  async narrow(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('connection') connectionId: string,
    @Body() { scope, list: sent }: Asked,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.shells.governed(session, id);
    await this.page.narrow(connectionId, { organizationId: id }, scope, session.userId);
    const here = `/console/organizations/${id}/connections`;
    const from = listOf(sent);
    const list = from && queryOf(filterOf(from, this.clock.now()));
    await seeOther(reply, backTo(here, connectionId, list, 'narrowed'));
  }
}
