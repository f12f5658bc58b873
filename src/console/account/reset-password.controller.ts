import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PasswordReset } from '../../accounts/password-reset.service.js';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import type { User } from '../../database/entities/user.entity.js';
import { Cookies } from '../../http/cookies.js';
import { Csrf, CsrfGuard } from '../../http/csrf.js';
import { pageLocale, renderPage } from '../../http/page.js';
import { PageFailure } from '../../http/page-failure.js';
import { seeOther } from '../../http/see-other.js';
import { Mailer } from '../../mail/mailer.service.js';
import { Finding } from '../../oauth/finding.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { FORGOT_PASSWORD_PAGE, MAIL_SENT_PAGE, RESET_PASSWORD_PAGE } from './account.pages.js';

/** "Forgot password?": an address, whose owner is sent a link, and what they choose then. */
@Controller('console')
export class ResetPasswordController {
  constructor(
    private readonly reset: PasswordReset,
    private readonly mailer: Mailer,
    private readonly cookies: Cookies,
    private readonly csrf: Csrf,
  ) {}

  @Get('forgot-password')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = { action: '/console/forgot-password', csrf: this.csrf.token(request, reply) };
    await renderPage(reply, FORGOT_PASSWORD_PAGE, {
      title: text('forgot.title'),
      form,
      delivers: this.mailer.delivers,
    });
  }

  /** The same answer whether there is such an account or not. */
  @Post('forgot-password')
  @UseGuards(CsrfGuard)
  async ask(@Body('email') value: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const email = fieldOf(value);
    await this.reset.ask(email, pageLocale(request), request.ip);
    const model = { title: text('sent.title'), email: email.trim().slice(0, 254), next: undefined };
    await renderPage(reply, MAIL_SENT_PAGE, { ...model, delivers: this.mailer.delivers });
  }

  @Get('reset-password')
  async choose(
    @Query('token') token: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(token, await this.ownerOf(token), request, reply);
  }

  @Post('reset-password')
  @UseGuards(CsrfGuard)
  async save(
    @Query('token') token: unknown,
    @Body('password') password: unknown,
    @Body('tools') tools: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const owner = await this.ownerOf(token);
    const finished = await this.reset.finish(owner, fieldOf(password), tools === 'disconnect');
    if (finished === 'used') throw unusable();
    if (finished !== 'done') return this.render(token, owner, request, reply, finished.fault);
    this.cookies.clear(reply, 'session');
    await seeOther(reply, '/console/login?done=password-reset');
  }

  private async ownerOf(token: unknown): Promise<User> {
    const owner = await this.reset.ownerOf(token);
    if (!owner) throw unusable();
    return owner;
  }

  private async render(
    token: unknown,
    { email }: User,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const action = `/console/reset-password?token=${encodeURIComponent(String(token))}`;
    const form = { action, csrf: this.csrf.token(request, reply) };
    const model = { title: text('reset.title'), form, email, minPasswordLength: MIN_PASSWORD_LENGTH, failure };
    await renderPage(reply, RESET_PASSWORD_PAGE, model, failure ? 400 : 200);
  }
}

function unusable(): PageFailure {
  return new PageFailure(400, 'reset.link', new Finding('link-usable'), {
    link: { label: text('reset.again'), href: '/console/forgot-password' },
  });
}
