import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { ConnectionUsage, type Share } from '../../database/repositories/connection-usage.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { nextPage, positionByCalls } from '../../http/position.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { shownSince, usageChart } from '../usage-chart.js';
import { USAGE_PAGE, USAGE_SHARES_PAGE } from './usage.pages.js';

/** Lines of each table: who matters, not everybody. */
const SHOWN = 10;
const PAGE = 50;

const LISTS = {
  tools: { by: 'byClient', title: 'usage.tools-title', lead: 'usage.tools-lead', whose: 'usage.tool' },
  people: { by: 'byPerson', title: 'usage.people-title', lead: 'usage.people-lead', whose: 'usage.person' },
} as const;

/** What the tools of an organization did. For owners and admins; to others there is no such page. */
@Controller('console/organizations/:id/usage')
@UseGuards(SessionGuard)
export class UsageController {
  constructor(
    private readonly shells: Shells,
    private readonly usage: ConnectionUsage,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const now = this.clock.now();
    const since = shownSince(now);
    const shell = await this.shells.ofOrganization('usage', organization, session, { request, reply });
    const clients = await this.usage.byClient(id, since, SHOWN + 1);
    const people = await this.usage.byPerson(id, since, SHOWN + 1);
    const here = `/console/organizations/${id}/usage`;
    await renderPage(reply, USAGE_PAGE, {
      title: text('usage.title', { organization: organization.name }),
      shell,
      notice: undefined,
      connections: `/console/organizations/${id}/connections`,
      chart: usageChart(await this.usage.daysOfOrganization(id, since), now),
      clients: clients.slice(0, SHOWN).map(named),
      people: people.slice(0, SHOWN).map(named),
      allClients: clients.length > SHOWN ? `${here}/tools` : undefined,
      allPeople: people.length > SHOWN ? `${here}/people` : undefined,
      mcpTools: await this.usage.byMcpTool(id, since),
    });
  }

  @Get('tools')
  async tools(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('after') after: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderShares('tools', session, id, after, request, reply);
  }

  @Get('people')
  async people(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('after') after: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderShares('people', session, id, after, request, reply);
  }

  private async renderShares(
    name: keyof typeof LISTS,
    session: LiveSession,
    id: string,
    asked: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const { by, title, lead, whose } = LISTS[name];
    const after = positionByCalls(asked);
    const found = await this.usage[by](id, shownSince(this.clock.now()), PAGE + 1, after);
    const back = `/console/organizations/${id}/usage`;
    await renderPage(reply, USAGE_SHARES_PAGE, {
      title: text(title, { organization: organization.name }),
      shell: await this.shells.ofOrganization('usage', organization, session, { request, reply }),
      notice: undefined,
      lead,
      whose,
      shares: found.slice(0, PAGE).map(named),
      more: nextPage(`${back}/${name}`, {}, found, PAGE),
      first: after && `${back}/${name}`,
      back,
    });
  }
}

function named({ name, calls, failures }: Share) {
  return { name: name || text('usage.nameless'), calls, failures };
}
