import { Body, Controller, Get, NotFoundException, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { JWKS_MAX_AGE, KeyRing, PUBLISHED_BEFORE_USE, WITHDRAWN_WITHIN } from '../../jwt/key-ring.js';
import { text } from '../../texts/text.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import type { Question } from '../confirmation.pages.js';
import { type Asking, Confirmations } from './confirmations.js';
import { KEYS_PAGE } from './keys.pages.js';

const KEYS = '/console/operator/keys';

/** The keys that sign access tokens: their stages, the next one now, and what is done when one has leaked. */
@Controller('console/operator/keys')
@UseGuards(OperatorGuard)
export class KeysController {
  constructor(
    private readonly shells: Shells,
    private readonly confirmations: Confirmations,
    private readonly keys: KeyRing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const now = this.clock.now();
    const shown = (at: Date | null) => (at ? moment(at, now) : undefined);
    const since = this.ofStage('current').activatedAt!.getTime();
    await renderPage(reply, KEYS_PAGE, {
      title: text('nav.keys'),
      shell: await this.shells.ofOperator('keys', session, { request, reply }),
      notice: noticeOf(done),
      keys: this.keys.list().map(({ kid, stage, createdAt, activatedAt, retiredAt }) => ({
        kid,
        stage: text(`key-stage.${stage}`),
        signs: stage === 'current',
        published: moment(createdAt, now),
        activated: shown(activatedAt),
        retired: shown(retiredAt),
      })),
      rotation: moment(new Date(since + this.config.signingKeyLifetime * 1000), now),
    });
  }

  @Get('rotate')
  async confirmRotation(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.confirmations.ask({ tab: 'keys', session, request, reply }, this.rotation().question);
  }

  @Post('rotate')
  @UseGuards(CsrfGuard)
  async rotate(
    @CurrentSession() session: LiveSession,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { question, force } = this.rotation();
    const asking: Asking = { tab: 'keys', session, request, reply };
    if (!(await this.confirmations.given(asking, question, typed))) return;
    if (!(await this.keys.rotate({ force, by: session.userId })))
      return this.confirmations.ask(asking, this.rotation().question, text('keys.meanwhile'));
    await seeOther(reply, `${KEYS}?done=key-rotated`);
  }

  @Get(':kid/withdraw')
  async confirmWithdrawal(
    @CurrentSession() session: LiveSession,
    @Param('kid') kid: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.confirmations.ask({ tab: 'keys', session, request, reply }, this.withdrawal(kid));
  }

  @Post(':kid/withdraw')
  @UseGuards(CsrfGuard)
  async withdraw(
    @CurrentSession() session: LiveSession,
    @Param('kid') kid: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asking: Asking = { tab: 'keys', session, request, reply };
    if (!(await this.confirmations.given(asking, this.withdrawal(kid), typed))) return;
    if (!(await this.keys.withdraw(kid, session.userId))) throw new NotFoundException();
    await seeOther(reply, `${KEYS}?done=key-withdrawn`);
  }

  /** Before every verifier can know the next key, its id has to be typed. */
  private rotation(): { question: Question; force: boolean } {
    const { kid, createdAt } = this.ofStage('next');
    const early = createdAt.getTime() + PUBLISHED_BEFORE_USE * 1000 > this.clock.now().getTime();
    const question = {
      title: text('keys.rotate'),
      what: early
        ? text('keys.rotate-early', { minutes: PUBLISHED_BEFORE_USE / 60 })
        : text('keys.rotate-what', { kid }),
      word: early ? kid : undefined,
      ends: false,
      action: `${KEYS}/rotate`,
      submit: text('keys.rotate'),
      back: KEYS,
    };
    return { question, force: early };
  }

  private withdrawal(kid: string): Question {
    const key = this.keys.list().find((one) => one.kid === kid);
    if (!key) throw new NotFoundException();
    return {
      title: text('keys.withdraw-title'),
      what: text('keys.withdraw-what', { kid, seconds: WITHDRAWN_WITHIN, minutes: JWKS_MAX_AGE / 60 }),
      word: kid,
      ends: true,
      action: `${KEYS}/${kid}/withdraw`,
      submit: text('keys.withdraw-title'),
      back: KEYS,
    };
  }

  private ofStage(stage: 'current' | 'next') {
    return this.keys.list().find((key) => key.stage === stage)!;
  }
}
