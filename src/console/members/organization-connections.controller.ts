import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import {
  type ConnectionChoice,
  type ConnectionFilter,
  type ConnectionSort,
  OrganizationConnections,
} from '../../database/repositories/organization-connections.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { cursor, nextPage } from '../../http/position.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { isUuid } from '../../http/uuid.js';
import { CLIENT_IDENTITIES } from '../../oauth/client-metadata.js';
import { type Text, text } from '../../texts/text.js';
import { DORMANT_MS } from '../../usage/periods.js';
import { choices, filterChoices } from '../choices.js';
import { ConnectionPage } from '../connection-page.js';
import { ConnectionRows } from '../connection-rows.js';
import { endedNotice, endedQuery } from '../ended.js';
import { backTo, fieldOf, listOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { shownSince } from '../usage-chart.js';
import { END_CONNECTIONS_PAGE, ORGANIZATION_CONNECTIONS_PAGE } from './organization-connections.pages.js';

const PAGE = 50;
const SORTS: readonly ConnectionSort[] = ['newest', 'used', 'person'];

type Asked = Readonly<Record<string, unknown>>;

/** Every tool that works for an organization. Owners and admins see them and end them; to others there is no such page. */
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

  @Get('end')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderEnd(session, await this.shells.governed(session, id), asked, request, reply);
  }

  /** More than one is confirmed by typing the organization's name. */
  @Post('end')
  @UseGuards(CsrfGuard)
  async end(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Body('name') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const chosen = choiceOf(asked);
    if (!chosen.grantId && fieldOf(typed).trim() !== organization.name)
      return this.renderEnd(session, organization, asked, request, reply, text('ai.end-wrong'));
    const ended = await this.connections.end(id, chosen, session.userId, this.clock.now());
    if (ended === 0 && chosen.grantId) throw new NotFoundException();
    await seeOther(reply, `/console/organizations/${id}/connections?${endedQuery(ended, this.clock.now())}`);
  }

  /** After `end`, which is no id. */
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

  private async renderEnd(
    session: LiveSession,
    organization: OwnOrganization,
    asked: Asked,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const { id, name } = organization;
    const chosen = choiceOf(asked);
    const count = await this.connections.count(id, chosen, this.clock.now());
    if (count === 0) throw new NotFoundException();
    const shell = await this.shells.ofOrganization('connections', organization, session, { request, reply });
    const back = `/console/organizations/${id}/connections`;
    const query = new URLSearchParams(
      Object.entries(asked).filter((one): one is [string, string] => typeof one[1] === 'string'),
    );
    await renderPage(
      reply,
      END_CONNECTIONS_PAGE,
      {
        title: text('ai.end-title'),
        shell,
        notice: undefined,
        failure,
        organization: name,
        count,
        called: chosen.called,
        typed: !chosen.grantId,
        action: `${back}/end?${query}`,
        back,
      },
      failure ? 400 : 200,
    );
  }
}

function filterOf({ q, grade, sort, after, dormant, tool, person }: Asked, now: Date): ConnectionFilter {
  const [, key, id] = /^(\S{1,254}) (\S+)$/.exec(fieldOf(after)) ?? [];
  return {
    search: searchOf(q),
    identity: CLIENT_IDENTITIES.find((one) => one === grade),
    dormantSince: dormant === 'on' ? new Date(now.getTime() - DORMANT_MS) : undefined,
    clientKey: idOf(tool),
    userId: idOf(person),
    sort: SORTS.find((one) => one === sort) ?? 'newest',
    after: key !== undefined && isUuid(id) ? { key, id } : undefined,
  };
}

/** The same as an address says it. */
function queryOf({ search, identity, sort, dormantSince, clientKey, userId, after }: ConnectionFilter) {
  return {
    q: search,
    grade: identity ?? '',
    sort,
    ...(dormantSince && { dormant: 'on' }),
    ...(clientKey && { tool: clientKey }),
    ...(userId && { person: userId }),
    ...cursor('after', after),
  };
}

const idOf = (value: unknown) => (isUuid(value) ? value : undefined);

/** Exactly one kind; anything else is nothing that is there. */
function choiceOf({ connection, tool, person, called, everything }: Asked): ConnectionChoice {
  const given = [connection, tool, person, called, everything].filter((one) => one !== undefined);
  if (given.length !== 1) throw new NotFoundException();
  if (everything !== undefined) return {};
  if (called !== undefined) return { called: fieldOf(called) };
  if (!isUuid(given[0])) throw new NotFoundException();
  if (connection !== undefined) return { grantId: fieldOf(connection) };
  return tool !== undefined ? { clientKey: fieldOf(tool) } : { userId: fieldOf(person) };
}
