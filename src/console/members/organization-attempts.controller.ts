import { Controller, Get, NotFoundException, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { Attempts } from '../../recorder/attempts.service.js';
import { text } from '../../texts/text.js';
import { filterOf, listModel, PAGE, timelineModel } from '../attempts/attempt-rows.js';
import { ATTEMPT_PAGE, ATTEMPTS_PAGE } from '../attempts/attempts.pages.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { WrittenGuard } from '../attempts/written.guard.js';

/** Attempts that chose an organization. For owners and admins; to others there is no such page. */
@Controller('console/organizations/:id/attempts')
@UseGuards(SessionGuard, WrittenGuard)
export class OrganizationAttemptsController {
  constructor(
    private readonly shells: Shells,
    private readonly attempts: Attempts,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const found = await this.attempts.list({ ...filterOf(asked), organizationId: id }, PAGE + 1);
    const here = `/console/organizations/${id}/attempts`;
    await renderPage(reply, ATTEMPTS_PAGE, {
      ...listModel(asked, found, here, 'administrator', this.clock.now()),
      title: text('attempts.title-of', { organization: organization.name }),
      lead: text('attempts.lead-organization'),
      shell: await this.shells.ofOrganization('attempts', organization, session, { request, reply }),
      notice: undefined,
    });
  }

  /** Without steps that may be of others, and without those that belong to another organization. */
  @Get(':attempt')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('attempt') attempt: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const steps = await this.attempts.timeline(attempt);
    const chosen = steps.some(({ organizationId }) => organizationId === id);
    if (!chosen) throw new NotFoundException();
    const seen = steps.filter(
      ({ certain, organizationId }) => certain && (organizationId === null || organizationId === id),
    );
    const shell = await this.shells.ofOrganization('attempts', organization, session, { request, reply });
    const back = `/console/organizations/${id}/attempts`;
    await renderPage(reply, ATTEMPT_PAGE, { ...timelineModel(seen, 'administrator'), shell, back });
  }
}
