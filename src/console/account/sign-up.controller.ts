import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import { SignUp } from '../../accounts/sign-up.service.js';
import { BrowserLogIn } from '../../http/browser-log-in.js';
import { Csrf, CsrfGuard } from '../../http/csrf.js';
import { pageLocale, renderPage } from '../../http/page.js';
import { PageFailure } from '../../http/page-failure.js';
import { seeOther } from '../../http/see-other.js';
import { Mailer } from '../../mail/mailer.service.js';
import { Finding } from '../../oauth/finding.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { pagePath } from '../return-path.js';
import { MAIL_SENT_PAGE, SIGN_UP_FINISH_PAGE, SIGN_UP_PAGE } from './account.pages.js';

/** "Create an account": first an address, then what comes back from it. */
@Controller('console/sign-up')
export class SignUpController {
  constructor(
    private readonly signUp: SignUp,
    private readonly mailer: Mailer,
    private readonly logIn: BrowserLogIn,
    private readonly csrf: Csrf,
  ) {}

  /** `return`: a page of this server to go on with. */
  @Get()
  async show(
    @Query('return') back: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render({ back, email: '' }, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async ask(
    @Query('return') back: unknown,
    @Body('email') value: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.refuseWhenClosed();
    const email = fieldOf(value);
    const failure = await this.signUp.ask(email, pageLocale(request), request.ip);
    if (failure) return this.render({ back, email: email.slice(0, 254), failure }, request, reply);
    await renderPage(reply, MAIL_SENT_PAGE, {
      title: text('sent.title'),
      email: email.trim(),
      delivers: this.mailer.delivers,
      next: pagePath(back),
    });
  }

  @Get('finish')
  async showFinish(
    @Query('token') token: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderFinish(token, await this.addressOf(token), { name: '' }, request, reply);
  }

  @Post('finish')
  @UseGuards(CsrfGuard)
  async finish(
    @Query('token') token: unknown,
    @Body('name') nameField: unknown,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const email = await this.addressOf(token);
    const name = fieldOf(nameField);
    const finished = await this.signUp.finish(email, {
      name,
      password: fieldOf(password),
      locale: pageLocale(request),
    });
    if (finished === 'taken') throw unusable();
    if ('fault' in finished) return this.renderFinish(token, email, { name, failure: finished.fault }, request, reply);
    await this.logIn.begin(finished.user, request, reply);
    await seeOther(reply, '/console?done=account-ready');
  }

  private async addressOf(token: unknown): Promise<string> {
    this.refuseWhenClosed();
    const email = await this.signUp.addressOf(token);
    if (email === undefined) throw unusable();
    return email;
  }

  private refuseWhenClosed(): void {
    if (!this.signUp.isOpen) throw new PageFailure(403, 'sign-up.closed', new Finding('sign-up-open'));
  }

  private async render(
    { back, email, failure }: { back: unknown; email: string; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    this.refuseWhenClosed();
    const next = pagePath(back);
    const action = next ? `/console/sign-up?return=${encodeURIComponent(next)}` : '/console/sign-up';
    const model = {
      title: text('sign-up.title'),
      form: { action, csrf: this.csrf.token(request, reply) },
      email,
      login: next ?? '/console/login',
      failure,
    };
    await renderPage(reply, SIGN_UP_PAGE, model, failure ? 400 : 200);
  }

  private async renderFinish(
    token: unknown,
    email: string,
    { name, failure }: { name: string; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const action = `/console/sign-up/finish?token=${encodeURIComponent(String(token))}`;
    const model = {
      title: text('sign-up.finish'),
      form: { action, csrf: this.csrf.token(request, reply) },
      email,
      name: name.slice(0, 100),
      minPasswordLength: MIN_PASSWORD_LENGTH,
      failure,
    };
    await renderPage(reply, SIGN_UP_FINISH_PAGE, model, failure ? 400 : 200);
  }
}

function unusable(): PageFailure {
  return new PageFailure(400, 'sign-up.link', new Finding('link-usable'), {
    link: { label: text('login.title'), href: '/console/login' },
  });
}
