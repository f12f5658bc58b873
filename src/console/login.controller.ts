import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from '../accounts/browser-sessions.js';
import { SignUp } from '../accounts/sign-up.service.js';
import { Cookies } from '../http/cookies.js';
import { Csrf, CsrfGuard } from '../http/csrf.js';
import { Attempt, type LoginAttempt, LoginGuard } from '../http/login.guard.js';
import { loginFailure } from '../http/login-failure.js';
import { renderPage } from '../http/page.js';
import { type Text, text } from '../texts/text.js';
import { LOGIN_PAGE } from './console.pages.js';
import { noticeOf } from './notices.js';
import { returnPath } from './return-path.js';

@Controller('console')
export class LoginController {
  constructor(
    private readonly sessions: BrowserSessions,
    private readonly signUp: SignUp,
    private readonly cookies: Cookies,
    private readonly csrf: Csrf,
  ) {}

  @Get('login')
  async show(
    @Query('return') back: unknown,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(request, reply, { back, notice: noticeOf(done) });
  }

  @Post('login')
  @UseGuards(CsrfGuard, LoginGuard)
  async logIn(
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
    await this.endSession(request);
    this.cookies.write(
      reply,
      'session',
      await this.sessions.open(attempt.user.id, {
        address: request.ip,
        userAgent: request.headers['user-agent'] ?? '',
      }),
    );
    await reply.header('Cache-Control', 'no-store').redirect(returnPath(back), 303);
  }

  @Post('logout')
  @UseGuards(CsrfGuard)
  async logOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.endSession(request);
    this.cookies.clear(reply, 'session');
    await reply
      .header('Cache-Control', 'no-store')
      .header('Clear-Site-Data', '"cache"')
      .redirect('/console/login?done=logged-out', 303);
  }

  private async endSession(request: FastifyRequest): Promise<void> {
    const cookie = this.cookies.read(request, 'session');
    if (cookie) await this.sessions.end(cookie);
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
    const path = returnPath(back);
    const action = path === '/console' ? '/console/login' : `/console/login?return=${encodeURIComponent(path)}`;
    await renderPage(
      reply,
      LOGIN_PAGE,
      {
        title: text('login.title'),
        form: { action, csrf: this.csrf.token(request, reply) },
        email,
        signUp: this.signUp.isOpen ? '/console/sign-up' : undefined,
        notice,
        failure,
      },
      status,
    );
  }
}
