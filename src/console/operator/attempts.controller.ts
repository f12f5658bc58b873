import { Controller, Get, NotFoundException, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { Attempts } from '../../recorder/attempts.service.js';
import { text } from '../../texts/text.js';
import { filterOf, listModel, PAGE, supportCodeOf, timelineModel } from '../attempts/attempt-rows.js';
import { ATTEMPT_PAGE, ATTEMPTS_PAGE } from '../attempts/attempts.pages.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { WrittenGuard } from '../attempts/written.guard.js';

const HERE = '/console/operator/attempts';

/** Every attempt to connect a tool, for operators: by support code, tool, person, outcome and day. */
@Controller('console/operator/attempts')
@UseGuards(OperatorGuard, WrittenGuard)
export class AttemptsController {
  constructor(
    private readonly shells: Shells,
    private readonly attempts: Attempts,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const code = fieldOf(asked['code']);
    const supportCode = code === '' ? undefined : (supportCodeOf(code) ?? '');
    const found = await this.attempts.list({ ...filterOf(asked), supportCode }, PAGE + 1);
    await renderPage(reply, ATTEMPTS_PAGE, {
      ...listModel(asked, found, HERE, 'operator', this.clock.now()),
      title: text('attempts.title'),
      lead: text('attempts.lead-operator'),
      shell: await this.shells.ofOperator('attempts', session, { request, reply }),
      notice: undefined,
    });
  }

  @Get(':id')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const steps = await this.attempts.timeline(id);
    if (steps.length === 0) throw new NotFoundException();
    const shell = await this.shells.ofOperator('attempts', session, { request, reply });
    await renderPage(reply, ATTEMPT_PAGE, { ...timelineModel(steps, 'operator'), shell, back: HERE });
  }
}
