import { Body, Controller, Get, NotFoundException, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OwnAccount } from '../../accounts/own-account.service.js';
import { Clock } from '../../config/clock.js';
import { type LiveSession, Sessions } from '../../database/repositories/sessions.repository.js';
import { Users } from '../../database/repositories/users.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { displayName } from '../../organizations/display-name.js';
import { text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { noticeOf } from '../notices.js';
import { AccountPage } from './account-page.js';
import { selfOf } from './self.js';

/** What somebody sees and changes of their own account. */
@Controller('console/account')
@UseGuards(SessionGuard)
export class AccountController {
  constructor(
    private readonly pages: AccountPage,
    private readonly account: OwnAccount,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.pages.show(session, { notice: noticeOf(asked['done']), asked }, request, reply);
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
    if (name === undefined) return this.pages.show(session, { failure: text('form.name-rule') }, request, reply);
    await this.users.rename(session.userId, name, this.clock.now());
    await seeOther(reply, '/console/account?done=name-changed');
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
    const failure = await this.account.changePassword(
      selfOf(session, request),
      fieldOf(current),
      fieldOf(password),
      tools === 'disconnect',
    );
    if (failure) return this.pages.show(session, { failure }, request, reply);
    await seeOther(reply, '/console/account?done=password-changed');
  }

  @Post('sessions/:id/end')
  @UseGuards(CsrfGuard)
  async endSession(
    @CurrentSession() session: LiveSession,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.sessions.end(session.userId, Buffer.from(id, 'hex')))) throw new NotFoundException();
    await seeOther(reply, '/console/account?done=session-ended');
  }

  @Post('sessions/end-others')
  @UseGuards(CsrfGuard)
  async endOthers(@CurrentSession() session: LiveSession, @Res() reply: FastifyReply): Promise<void> {
    await this.sessions.endOthers(session.userId, session.idHash);
    await seeOther(reply, '/console/account?done=sessions-ended');
  }
}
