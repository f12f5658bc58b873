import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { renderPage } from '../http/page.js';
import { seeOther } from '../http/see-other.js';
import { CurrentSession, SessionGuard } from '../http/session.guard.js';
import { connectLines } from './connect-lines.js';
import { ConnectionRows } from './connection-rows.js';
import { text } from '../texts/text.js';
import { OVERVIEW_PAGE } from './console.pages.js';
import { noticeOf } from './notices.js';
import { Shells } from './shells.js';

const RECENT = 3;

@Controller()
export class OverviewController {
  constructor(
    private readonly shells: Shells,
    private readonly connections: ConnectionRows,
    private readonly config: Config,
  ) {}

  @Get()
  async root(@Res() reply: FastifyReply): Promise<void> {
    await seeOther(reply, '/console');
  }

  @Get('console')
  @UseGuards(SessionGuard)
  async show(
    @CurrentSession() session: LiveSession,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('overview', session, { request, reply });
    await renderPage(reply, OVERVIEW_PAGE, {
      title: text('nav.overview'),
      shell,
      notice: noticeOf(done),
      tools: connectLines(this.config.resource),
      connections: await this.connections.count(session.userId),
      recent: await this.connections.newest(session.userId, RECENT),
    });
  }
}
