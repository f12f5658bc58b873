import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FirstOperator } from '../accounts/first-operator.service.js';
import { SignUp } from '../accounts/sign-up.service.js';
import { PATHS } from '../config/paths.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { Csrf, CsrfGuard } from '../http/csrf.js';
import { Attempt, type LoginAttempt, LoginGuard } from '../http/login.guard.js';
import { loginFailure } from '../http/login-failure.js';
import { renderPage } from '../http/page.js';
import { PasskeyForms } from '../http/passkey-form.js';
import { SecondStep } from '../http/second-step.js';
import { seeOther } from '../http/see-other.js';
import { type Text, text } from '../texts/text.js';
import { LOGIN_PAGE } from './authorization.pages.js';
import { Entries, type Entry } from './entries.js';
import { respondentOf, Steps } from './steps.js';

/** First step: who are you? */
@Controller(PATHS.authorization)
export class LoginController {
  constructor(
    private readonly entries: Entries,
    private readonly steps: Steps,
    private readonly step: SecondStep,
    private readonly passkeys: PasskeyForms,
    private readonly browserLogIn: BrowserLogIn,
    private readonly firstOperator: FirstOperator,
    private readonly signUp: SignUp,
    private readonly csrf: Csrf,
  ) {}

  @Get('login')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const entry = await this.entries.of(request, reply);
    const session = entry.loginAgain ? undefined : await this.steps.session(request);
    if (session) {
      const next = entry.next(respondentOf(session));
      return void (await seeOther(reply, next));
    }
    await this.render(entry, request, reply, { notice: await this.firstOperator.notice() });
  }

  @Post('login')
  @UseGuards(CsrfGuard, LoginGuard)
  async logIn(
    @Attempt() attempt: LoginAttempt,
    @Body('email') email: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const entry = await this.entries.of(request, reply);
    if (!attempt.user)
      return this.render(entry, request, reply, {
        email: typeof email === 'string' ? email.slice(0, 254) : '',
        ...loginFailure(attempt, reply),
      });
    const person = await this.step.after(attempt.user, request, reply);
    const next =
      person === undefined
        ? entry.next(await this.entries.enter(attempt.user, null, request, reply))
        : entry.secondFactor(person);
    await seeOther(reply, next);
  }

  /** By a passkey alone, which is both factors. */
  @Post('passkey')
  @UseGuards(CsrfGuard)
  async logInByPasskey(
    @Body('passkey') answer: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const entry = await this.entries.of(request, reply);
    const userId = await this.passkeys.answeredBy(answer, request);
    if (userId === undefined)
      return this.render(entry, request, reply, { failure: text('passkey.refused'), status: 401 });
    const next = entry.next(await this.entries.enter({ id: userId }, 'passkey', request, reply));
    await seeOther(reply, next);
  }

  /** "Not you?": logs out and asks again, for the same request. */
  @Post('not-you')
  @UseGuards(CsrfGuard)
  async notYou(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { request: asked } = this.steps.open(request);
    await this.browserLogIn.end(request, reply);
    await seeOther(reply, this.steps.to('login', { request, reply }, { request: { ...asked, loginAgain: true } }));
  }

  private async render(
    { tool, login, passkey }: Entry,
    request: FastifyRequest,
    reply: FastifyReply,
    { email = '', notice, failure, status }: { email?: string; notice?: Text; failure?: Text; status?: number } = {},
  ): Promise<void> {
    const model = {
      title: text('login.title'),
      tool,
      form: { action: login, csrf: this.csrf.token(request, reply) },
      passkey: await this.passkeys.make({ action: passkey, page: login }, request, reply),
      email,
      notice,
      failure,
      forgotPassword: '/console/forgot-password',
      signUp: this.signUp.isOpen ? `/console/sign-up?return=${encodeURIComponent(login)}` : undefined,
    };
    await renderPage(reply, LOGIN_PAGE, model, status);
  }
}
