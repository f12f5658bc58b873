import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { ConnectionUsage, type Share } from '../../database/repositories/connection-usage.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { shownSince, usageChart } from '../usage-chart.js';
import { USAGE_PAGE } from './usage.pages.js';

/** Lines of each table: who matters, not everybody. */
const SHOWN = 10;

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
    await renderPage(reply, USAGE_PAGE, {
      title: text('usage.title', { organization: organization.name }),
      shell,
      notice: undefined,
      connections: `/console/organizations/${id}/connections`,
      chart: usageChart(await this.usage.daysOfOrganization(id, since), now),
      clients: (await this.usage.byClient(id, since, SHOWN)).map(named),
      people: (await this.usage.byPerson(id, since, SHOWN)).map(named),
      mcpTools: await this.usage.byMcpTool(id, since),
    });
  }
}

function named({ name, ...counts }: Share) {
  return { name: name || text('usage.nameless'), ...counts };
}
