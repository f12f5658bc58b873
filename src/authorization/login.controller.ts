import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SignUp } from '../accounts/sign-up.service.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { CsrfGuard } from '../http/csrf.js';
import { Attempt, type LoginAttempt, LoginGuard } from '../http/login.guard.js';
import { loginFailure } from '../http/login-failure.js';
import { type Form, renderPage } from '../http/page.js';
import { Recording } from '../http/recording.js';
import { text } from '../texts/text.js';
import { hashSecret } from '../oauth/secret.js';
import { askingTool } from './asking-tool.js';
import type { Respondent } from './authorization-request.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { type AskingTool, LOGIN_PAGE } from './authorization.pages.js';
import { respondentOf, Steps } from './steps.js';

interface Entry {
  readonly tool: AskingTool;
  readonly form: Form;
  readonly loginAgain: boolean;
  /** Where somebody goes who has logged in. */
  readonly next: (respondent: Respondent) => string;
}

/** First step: who are you? */
@Controller('mcp/oauth/authorize')
export class LoginController {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: Steps,
    private readonly browserLogIn: BrowserLogIn,
    private readonly signUp: SignUp,
    private readonly recording: Recording,
  ) {}

  @Get('login')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const entry = await this.entry(request, reply);
    const session = entry.loginAgain ? undefined : await this.steps.session(request);
    if (session) {
      const next = entry.next(respondentOf(session));
      return void (await reply.header('Cache-Control', 'no-store').redirect(next, 303));
    }
    await this.render(entry, reply, '');
  }

  @Post('login')
  @UseGuards(CsrfGuard, LoginGuard)
  async logIn(
    @Attempt() attempt: LoginAttempt,
    @Body('email') email: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const entry = await this.entry(request, reply);
    if (!attempt.user) return this.render(entry, reply, typeof email === 'string' ? email.slice(0, 254) : '', attempt);
    this.recording.know(request, { userId: attempt.user.id });
    const respondent = { userId: attempt.user.id, session: await this.sessionOf(attempt.user.id, request, reply) };
    await reply.header('Cache-Control', 'no-store').redirect(entry.next(respondent), 303);
  }

  /** "Not you?": logs out and asks again, for the same request. */
  @Post('not-you')
  @UseGuards(CsrfGuard)
  async notYou(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { request: asked } = this.steps.open(request);
    await this.browserLogIn.end(request, reply);
    await reply
      .header('Cache-Control', 'no-store')
      .redirect(this.steps.to('login', { request, reply }, { request: { ...asked, loginAgain: true } }), 303);
  }

  /**
   * A new session, and the end of any the browser had; but somebody who is logged in already stays so, or connecting one
   * tool would cut short another in the next tab.
   */
  private async sessionOf(userId: string, request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const session = await this.steps.session(request);
    if (session?.userId === userId) return session.idHash.toString('base64url');
    const cookie = await this.browserLogIn.begin(userId, request, reply);
    return hashSecret(cookie).toString('base64url');
  }

  /** What the log-in is for: a request that was read, or one that waits until somebody is logged in. */
  private async entry(request: FastifyRequest, reply: FastifyReply): Promise<Entry> {
    const http = { request, reply };
    const waiting = this.steps.openWaiting(request);
    if (waiting) {
      return {
        tool: unreadTool(waiting.clientId),
        form: this.steps.formToLogInFirst(http, waiting),
        loginAgain: false,
        next: () => `/mcp/oauth/authorize?${waiting.query}`,
      };
    }
    const { loginAgain = false, ...asked } = this.steps.open(request).request;
    const client = await this.requests.knownClientOf(asked);
    const again = { ...asked, ...(loginAgain && { loginAgain }) };
    return {
      tool: client ? askingTool(client, asked.redirectUri) : unreadTool(asked.clientId),
      form: this.steps.form('login', http, { request: again }),
      loginAgain,
      next: (respondent) => this.steps.to('organization', http, { request: asked, respondent }),
    };
  }

  private async render(
    { tool, form }: Entry,
    reply: FastifyReply,
    email: string,
    attempt?: LoginAttempt & { user: null },
  ): Promise<void> {
    const failure = attempt && loginFailure(attempt, reply);
    const model = {
      title: text('login.title'),
      tool,
      form,
      email,
      failure: failure?.failure,
      forgotPassword: '/console/forgot-password',
      signUp: this.signUp.isOpen ? `/console/sign-up?return=${encodeURIComponent(form.action)}` : undefined,
    };
    await renderPage(reply, LOGIN_PAGE, model, failure?.status ?? 200);
  }
}

/** A tool whose document has not been read here: its host is all there is to show. */
function unreadTool(clientId: string): AskingTool {
  const name = URL.canParse(clientId) ? new URL(clientId).host : text('tool.unnamed');
  return { name, selfAsserted: false, registered: false, verifiedHost: undefined };
}
