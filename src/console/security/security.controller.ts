import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SecondFactors } from '../../accounts/second-factors.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { selfOf } from '../account/self.js';
import { fieldOf } from '../field.js';
import { noticeOf } from '../notices.js';
import { SecurityPages } from './security-pages.js';

/** Second factors of one's own account. */
@Controller('console/account/security')
@UseGuards(SessionGuard)
export class SecurityController {
  constructor(
    private readonly pages: SecurityPages,
    private readonly factors: SecondFactors,
  ) {}

  /** `return`: a page to go on with once there is a factor. */
  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Query('done') done: unknown,
    @Query('return') back: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.pages.show(session, { notice: noticeOf(done), back }, request, reply);
  }

  /** New ones, in place of those there were. */
  @Post('recovery-codes')
  @UseGuards(CsrfGuard)
  async renewCodes(
    @CurrentSession() session: LiveSession,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    const changed = await this.factors.renewRecoveryCodes(self, fieldOf(password));
    if (!('recoveryCodes' in changed)) return this.pages.show(session, { failure: changed }, request, reply);
    await this.pages.showCodes(session, changed.recoveryCodes!, undefined, request, reply);
  }
}
