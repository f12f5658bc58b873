import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { normalizedEmail } from '../../accounts/email.js';
import { OwnAccount } from '../../accounts/own-account.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Cookies } from '../../http/cookies.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { Shells } from '../shells.js';
import { DELETE_ACCOUNT_PAGE } from './account.pages.js';
import { selfOf } from './self.js';

@Controller('console/account/delete')
@UseGuards(SessionGuard)
export class DeleteAccountController {
  constructor(
    private readonly shells: Shells,
    private readonly account: OwnAccount,
    private readonly cookies: Cookies,
  ) {}

  @Get()
  async showDelete(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderDelete(session, request, reply);
  }

  /** Confirmed by typing the address: browsers fill in passwords by themselves. */
  @Post()
  @UseGuards(CsrfGuard)
  async delete(
    @CurrentSession() session: LiveSession,
    @Body('confirm') typed: unknown,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    const meant = normalizedEmail(fieldOf(typed)) === session.email;
    const failure = meant ? await this.account.erase(self, fieldOf(password)) : text('confirm.wrong');
    if (failure) return this.renderDelete(session, request, reply, failure);
    this.cookies.clear(reply, 'session');
    await seeOther(reply, '/console/login?done=erased');
  }

  private async renderDelete(
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const model = { title: text('account.delete'), shell, notice: undefined, failure };
    await renderPage(reply, DELETE_ACCOUNT_PAGE, model, failure ? 400 : 200);
  }
}
