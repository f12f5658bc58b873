import { Controller, Get, NotFoundException, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Cookies } from '../../http/cookies.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { isUuid } from '../../http/uuid.js';
import { Attempts } from '../../recorder/attempts.service.js';
import { text } from '../../texts/text.js';
import { connectionTabs } from '../navigation.js';
import { Shells } from '../shells.js';
import { filterOf, listModel, PAGE, supportCodeOf, timelineModel } from './attempt-rows.js';
import { ATTEMPT_PAGE, ATTEMPTS_PAGE, FOREIGN_ATTEMPT_PAGE } from './attempts.pages.js';
import { WrittenGuard } from './written.guard.js';

const HERE = '/console/attempts';

/** What became of somebody's own attempts to connect a tool. Every error page leads here. */
@Controller('console/attempts')
@UseGuards(SessionGuard, WrittenGuard)
export class OwnAttemptsController {
  constructor(
    private readonly shells: Shells,
    private readonly attempts: Attempts,
    private readonly cookies: Cookies,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const code = supportCodeOf(asked['code']);
    if (code) return void (await seeOther(reply, `${HERE}/${code}`));
    const filter = { ...filterOf(asked), person: '', userId: session.userId };
    const found = await this.attempts.list(filter, PAGE + 1);
    await renderPage(reply, ATTEMPTS_PAGE, {
      ...listModel(asked, found, HERE, 'person', this.clock.now()),
      title: text('attempts.title'),
      lead: text('attempts.lead-own'),
      shell: await this.shell(session, request, reply),
      notice: undefined,
    });
  }

  /** By its id or by a support code. One of somebody else looks like one that is not there. */
  @Get(':key')
  async show(
    @CurrentSession() session: LiveSession,
    @Param('key') key: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const code = supportCodeOf(key);
    if (!code && !isUuid(key)) throw new NotFoundException();
    const steps = code ? await this.attempts.byCode(code) : await this.attempts.timeline(key);
    const viewer = { userId: session.userId, browser: this.cookies.read(request, 'browser') };
    const own = await this.attempts.own(steps, viewer);
    const shell = await this.shell(session, request, reply);
    if (own.length === 0)
      return void (await renderPage(
        reply,
        FOREIGN_ATTEMPT_PAGE,
        { title: text('attempt.foreign'), shell, notice: undefined, code, back: HERE },
        404,
      ));
    await renderPage(reply, ATTEMPT_PAGE, { ...timelineModel(own, 'person'), shell, back: HERE });
  }

  private async shell(session: LiveSession, request: FastifyRequest, reply: FastifyReply) {
    const tabs = connectionTabs('attempts');
    return (await this.shells.make('connections', session, { request, reply }, tabs)).shell;
  }
}
