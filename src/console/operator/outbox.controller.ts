import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { Outbox } from '../../mail/outbox.js';
import { text } from '../../texts/text.js';
import { Shells } from '../shells.js';
import { OUTBOX_PAGE } from './operator.pages.js';

/** The last mails of this node, for operators: what became of them, and the links they have to hand over themselves. */
@Controller('console/operator/outbox')
@UseGuards(OperatorGuard)
export class OutboxController {
  constructor(
    private readonly shells: Shells,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const shell = await this.shells.ofOperator('outbox', session, { request, reply });
    const now = this.clock.now();
    const mails = this.outbox.list().map(({ mail, at, state, reason }) => ({
      at: moment(at, now),
      to: mail.to,
      subject: mail.subject,
      state: text(`mail-state.${state}`),
      // A link that was sent is for whoever got it, and for nobody else.
      link: state === 'handed-over' ? mail.link?.href : undefined,
      reason,
    }));
    await renderPage(reply, OUTBOX_PAGE, { title: text('outbox.title'), shell, notice: undefined, mails });
  }
}
