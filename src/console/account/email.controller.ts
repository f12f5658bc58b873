import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OwnAccount } from '../../accounts/own-account.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { PageFailure } from '../../http/page-failure.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { Mailer } from '../../mail/mailer.service.js';
import { Finding } from '../../oauth/finding.js';
import { text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { Shells } from '../shells.js';
import { CONFIRM_EMAIL_PAGE, MAIL_SENT_PAGE } from './account.pages.js';
import { AccountPage } from './account-page.js';
import { selfOf } from './self.js';

/** A new address: asked for with the password, and changed once the link that was sent to it comes back. */
@Controller('console/account')
@UseGuards(SessionGuard)
export class EmailController {
  constructor(
    private readonly shells: Shells,
    private readonly pages: AccountPage,
    private readonly account: OwnAccount,
    private readonly mailer: Mailer,
  ) {}

  @Post('email')
  @UseGuards(CsrfGuard)
  async askForEmail(
    @CurrentSession() session: LiveSession,
    @Body('email') value: unknown,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const email = fieldOf(value);
    const failure = await this.account.askForEmail(selfOf(session, request), fieldOf(password), email);
    if (failure) return this.pages.show(session, { failure }, request, reply);
    await renderPage(reply, MAIL_SENT_PAGE, {
      title: text('sent.title'),
      email: email.trim(),
      delivers: this.mailer.delivers,
      next: '/console/account',
    });
  }

  /** Mail programs open links to look at them: only the button changes anything. */
  @Get('email/confirm')
  async showConfirm(
    @CurrentSession() session: LiveSession,
    @Query('token') token: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const email = await this.account.confirms(selfOf(session, request), token);
    if (email === undefined) throw unusable();
    const { shell } = await this.shells.make('account', session, { request, reply });
    const action = `/console/account/email/confirm?token=${encodeURIComponent(String(token))}`;
    const model = { title: text('account.confirm'), shell, notice: undefined, email, action };
    await renderPage(reply, CONFIRM_EMAIL_PAGE, model);
  }

  @Post('email/confirm')
  @UseGuards(CsrfGuard)
  async confirmEmail(
    @CurrentSession() session: LiveSession,
    @Query('token') token: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.account.confirmEmail(selfOf(session, request), token))) throw unusable();
    await seeOther(reply, '/console/account?done=email-changed');
  }
}

function unusable(): PageFailure {
  return new PageFailure(400, 'account.link', new Finding('link-usable'));
}
