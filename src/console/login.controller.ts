import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FirstOperator } from '../accounts/first-operator.service.js';
import { SignUp } from '../accounts/sign-up.service.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { Csrf, CsrfGuard } from '../http/csrf.js';
import { Attempt, type LoginAttempt, LoginGuard } from '../http/login.guard.js';
import { loginFailure } from '../http/login-failure.js';
import { renderPage } from '../http/page.js';
import { PasskeyForms } from '../http/passkey-form.js';
import { SecondStep } from '../http/second-step.js';
import { seeOther } from '../http/see-other.js';
import { type Text, text } from '../texts/text.js';
import { LOGIN_PAGE } from './console.pages.js';
import { noticeOf } from './notices.js';
import { returnPath } from './return-path.js';
import { loginPath, secondFactorPath } from './second-factor.controller.js';

@Controller('console')
export class LoginController {
  constructor(
    private readonly logIn: BrowserLogIn,
    private readonly step: SecondStep,
    private readonly passkeys: PasskeyForms,
    private readonly firstOperator: FirstOperator,
    private readonly signUp: SignUp,
    private readonly csrf: Csrf,
  ) {}

  @Get('login')
  async show(
    @Query('return') back: unknown,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(request, reply, { back, notice: noticeOf(done) ?? (await this.firstOperator.notice()) });
  }

  @Post('login')
  @UseGuards(CsrfGuard, LoginGuard)
  async enter(
    @Attempt() attempt: LoginAttempt,
    @Query('return') back: unknown,
    @Body('email') email: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!attempt.user) {
      const { failure, status } = loginFailure(attempt, reply);
      return this.render(request, reply, {
        back,
        failure,
        status,
        email: typeof email === 'string' ? email.slice(0, 254) : '',
      });
    }
    const person = await this.step.after(attempt.user, request, reply);
    if (person === undefined) await this.logIn.begin(attempt.user, request, reply);
    const next = person === undefined ? returnPath(back) : secondFactorPath(person, back);
    await seeOther(reply, next);
  }

  /** By a passkey alone, which is both factors. */
  @Post('login/passkey')
  @UseGuards(CsrfGuard)
  async enterByPasskey(
    @Query('return') back: unknown,
    @Body('passkey') answer: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const userId = await this.passkeys.answeredBy(answer, request);
    if (userId === undefined)
      return this.render(request, reply, { back, failure: text('passkey.refused'), status: 401 });
    await this.logIn.begin({ id: userId }, request, reply, 'passkey');
    await seeOther(reply, returnPath(back));
  }

  @Post('logout')
  @UseGuards(CsrfGuard)
  async leave(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.logIn.end(request, reply);
    await seeOther(reply.header('Clear-Site-Data', '"cache"'), '/console/login?done=logged-out');
  }

  private async render(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      back,
      notice,
      failure,
      email = '',
      status = 200,
    }: { back: unknown; notice?: Text; failure?: Text; email?: string; status?: number },
  ): Promise<void> {
    const page = loginPath(back);
    await renderPage(
      reply,
      LOGIN_PAGE,
      {
        title: text('login.title'),
        form: { action: page, csrf: this.csrf.token(request, reply) },
        passkey: await this.passkeys.make({ action: page.replace('/login', '/login/passkey'), page }, request, reply),
        email,
        signUp: this.signUp.isOpen ? '/console/sign-up' : undefined,
        notice,
        failure,
      },
      status,
    );
  }
}
