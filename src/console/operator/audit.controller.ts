import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { ORGANIZATION_ACTIONS, SERVER_ACTIONS } from '../audit-actions.js';
import { AuditPages } from '../audit-pages.js';
import { Shells } from '../shells.js';

/** What happened on the whole server: every organization, every account, and the server itself. */
@Controller('console/operator/audit')
@UseGuards(OperatorGuard)
export class ServerAuditController {
  constructor(
    private readonly shells: Shells,
    private readonly pages: AuditPages,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.pages.render(reply, asked, {
      title: text('audit.server-title'),
      shell: await this.shells.ofOperator('audit', session, { request, reply }),
      here: '/console/operator/audit',
      scope: {},
      actions: [...SERVER_ACTIONS, ...ORGANIZATION_ACTIONS],
    });
  }

  @Get('export')
  async export(@Query() asked: Readonly<Record<string, unknown>>, @Res() reply: FastifyReply): Promise<void> {
    await this.pages.export(reply, asked, {}, 'audit');
  }
}
