import { Body, Controller, Get, NotFoundException, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TooManyAttempts } from '../../accounts/login-throttle.js';
import { OwnAccount, type Self } from '../../accounts/own-account.service.js';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import { BrowserSessions } from '../../accounts/browser-sessions.js';
import { Clock } from '../../config/clock.js';
import { type LiveSession, Sessions } from '../../database/repositories/sessions.repository.js';
import { Users } from '../../database/repositories/users.repository.js';
import { Cookies } from '../../http/cookies.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { pageLocale, renderPage } from '../../http/page.js';
import { PageFailure } from '../../http/page-failure.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { Mailer } from '../../mail/mailer.service.js';
import { Finding } from '../../oauth/finding.js';
import { displayName } from '../../organizations/display-name.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { ACCOUNT_PAGE, CONFIRM_EMAIL_PAGE, DELETE_ACCOUNT_PAGE, MAIL_SENT_PAGE } from './account.pages.js';
import { deviceOf } from './device.js';

/** What somebody sees and changes of their own account. */
@Controller('console/account')
@UseGuards(SessionGuard)
export class AccountController {
  constructor(
    private readonly shells: Shells,
    private readonly account: OwnAccount,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly browserSessions: BrowserSessions,
    private readonly mailer: Mailer,
    private readonly cookies: Cookies,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(session, request, reply, { notice: noticeOf(done) });
  }

  @Post('name')
  @UseGuards(CsrfGuard)
  async rename(
    @CurrentSession() session: LiveSession,
    @Body('name') value: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const name = displayName(value);
    if (name === undefined) return this.render(session, request, reply, { failure: text('form.name-rule') });
    await this.users.rename(session.userId, name);
    await reply.redirect('/console/account?done=name-changed', 303);
  }

  @Post('password')
  @UseGuards(CsrfGuard)
  async changePassword(
    @CurrentSession() session: LiveSession,
    @Body('current') current: unknown,
    @Body('password') password: unknown,
    @Body('tools') tools: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const failure = await throttled(() =>
      this.account.changePassword(
        selfOf(session, request),
        fieldOf(current),
        fieldOf(password),
        tools === 'disconnect',
      ),
    );
    if (failure) return this.render(session, request, reply, { failure });
    await reply.redirect('/console/account?done=password-changed', 303);
  }

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
    const failure = await throttled(() => this.account.askForEmail(selfOf(session, request), fieldOf(password), email));
    if (failure) return this.render(session, request, reply, { failure });
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
    const email = this.confirmed(session, token, request);
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
    const email = this.confirmed(session, token, request);
    if (!(await this.account.confirmEmail(selfOf(session, request), email))) throw unusable();
    await reply.redirect('/console/account?done=email-changed', 303);
  }

  @Post('sessions/:id/end')
  @UseGuards(CsrfGuard)
  async endSession(
    @CurrentSession() session: LiveSession,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.sessions.end(session.userId, Buffer.from(id, 'hex')))) throw new NotFoundException();
    await reply.redirect('/console/account?done=session-ended', 303);
  }

  @Post('sessions/end-others')
  @UseGuards(CsrfGuard)
  async endOthers(@CurrentSession() session: LiveSession, @Res() reply: FastifyReply): Promise<void> {
    await this.sessions.endOthers(session.userId, session.idHash);
    await reply.redirect('/console/account?done=sessions-ended', 303);
  }

  @Get('delete')
  async showDelete(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.renderDelete(session, request, reply);
  }

  @Post('delete')
  @UseGuards(CsrfGuard)
  async delete(
    @CurrentSession() session: LiveSession,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const failure = await throttled(() => this.account.erase(selfOf(session, request), fieldOf(password)));
    if (failure) return this.renderDelete(session, request, reply, failure);
    this.cookies.clear(reply, 'session');
    await reply.header('Cache-Control', 'no-store').redirect('/console/login?done=erased', 303);
  }

  private confirmed(session: LiveSession, token: unknown, request: FastifyRequest): string {
    const email = this.account.confirms(selfOf(session, request), token);
    if (email === undefined) throw unusable();
    return email;
  }

  private async render(
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
    { notice, failure }: { notice?: Text; failure?: Text },
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const now = this.clock.now();
    const sessions = (await this.browserSessions.ofUser(session.userId)).map((one) => ({
      id: one.idHash.toString('hex'),
      device: deviceOf(one.userAgent),
      address: one.address,
      since: moment(one.createdAt, now),
      seen: moment(one.lastSeenAt, now),
      current: one.idHash.equals(session.idHash),
    }));
    const model = {
      title: text('account.title'),
      shell,
      notice,
      failure,
      name: session.name,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      sessions,
      others: sessions.length > 1,
    };
    await renderPage(reply, ACCOUNT_PAGE, model, failure ? 400 : 200);
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

function selfOf({ userId, email, name, idHash }: LiveSession, request: FastifyRequest): Self {
  return { userId, email, name, idHash, address: request.ip, locale: pageLocale(request) };
}

/** Wrong passwords are counted here as they are at the log-in. */
async function throttled(work: () => Promise<Text | undefined>): Promise<Text | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TooManyAttempts) return text('login.throttled', { minutes: Math.ceil(error.retryAfter / 60) });
    throw error;
  }
}

function unusable(): PageFailure {
  return new PageFailure(400, 'account.link', new Finding('link-usable'));
}
