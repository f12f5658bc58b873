import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { ORGANIZATION_ACTIONS } from '../audit-actions.js';
import { AuditPages } from '../audit-pages.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';

/** Who did what in an organization, when and from where. For owners and admins; to others there is no such page. */
@Controller('console/organizations/:id/audit')
@UseGuards(SessionGuard)
export class AuditController {
  constructor(
    private readonly shells: Shells,
    private readonly pages: AuditPages,
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
    await this.pages.render(reply, asked, {
      title: text('audit.title', { organization: organization.name }),
      shell: await this.shells.ofOrganization('audit', organization, session, { request, reply }),
      here: `/console/organizations/${id}/audit`,
      scope: { organizationId: id },
      actions: ORGANIZATION_ACTIONS,
    });
  }

  @Get('export')
  async export(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.shells.governed(session, id);
    await this.pages.export(reply, asked, { organizationId: id }, `audit-${id}`);
  }
}
