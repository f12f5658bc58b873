import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import { Grants } from '../database/repositories/grants.repository.js';
import type { Position } from '../database/repositories/keyset.sql.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { seeOther } from '../http/see-other.js';
import { text } from '../texts/text.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { CurrentSession, SessionGuard } from '../http/session.guard.js';
import { ConnectionPage } from './connection-page.js';
import { ConnectionRows } from './connection-rows.js';
import { CONNECTIONS_PAGE, DISCONNECT_PAGE } from './console.pages.js';
import { backTo, listOf, searchOf } from './field.js';
import { Id } from './id.js';
import { connectionTabs } from './navigation.js';
import { noticeOf } from './notices.js';
import { cursor, nextPage, positionOf } from '../http/position.js';
import { Shells } from './shells.js';

const PAGE = 50;
const HERE = '/console/connections';

type Asked = Readonly<Record<string, unknown>>;

/** The tools somebody connected: grants, seen by the person who gave them. */
@Controller('console/connections')
@UseGuards(SessionGuard)
export class ConnectionsController {
  constructor(
    private readonly shells: Shells,
    private readonly connections: ConnectionRows,
    private readonly page: ConnectionPage,
    private readonly grants: Grants,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('connections', session, { request, reply }, connectionTabs('connections'));
    const { search, after } = filterOf(asked);
    const found = await this.connections.of(session.userId, PAGE + 1, after, search);
    await renderPage(reply, CONNECTIONS_PAGE, {
      title: text('nav.connections'),
      shell,
      notice: noticeOf(asked['done']),
      here: HERE,
      list: new URLSearchParams(queryOf({ search, after })).toString(),
      search,
      searchable: search !== '' || after !== undefined || found.length > PAGE,
      connections: found.slice(0, PAGE),
      more: nextPage(HERE, queryOf({ search }), found, PAGE),
      first: after && HERE,
    });
  }

  @Get(':id')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query('done') done: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('connections', session, { request, reply });
    const here = `/console/connections/${id}`;
    const places = { here, end: `${here}/disconnect`, back: '/console/connections' };
    await this.page.render(reply, id, { userId: session.userId }, { shell, ...places, notice: noticeOf(done) });
  }

  /** Field "list": it was asked for from the list, as this query shows it. */
  @Post(':id/narrow')
  @UseGuards(CsrfGuard)
  async narrow(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body() { scope, list }: Asked,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.page.narrow(id, { userId: session.userId }, scope, session.userId);
    const from = listOf(list);
    await seeOther(reply, backTo(HERE, id, from && queryOf(filterOf(from)), 'narrowed'));
  }

  @Get(':id/disconnect')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('connections', session, { request, reply });
    const connection = await this.connections.live(session.userId, id);
    if (!connection) throw new NotFoundException();
    await renderPage(reply, DISCONNECT_PAGE, {
      title: text('connections.disconnect'),
      shell,
      notice: undefined,
      connection,
    });
  }

  @Post(':id/disconnect')
  @UseGuards(CsrfGuard)
  async disconnect(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.grants.revoke(id, this.clock.now(), 'disconnected', { userId: session.userId })))
      throw new NotFoundException();
    await seeOther(reply, '/console/connections?done=disconnected');
  }
}

/** Which of them a page shows. */
interface Filter {
  readonly search: string;
  readonly after?: Position | undefined;
}

const filterOf = ({ q, after }: Asked): Filter => ({ search: searchOf(q), after: positionOf(after) });
const queryOf = ({ search, after }: Filter) => ({ q: search, ...cursor('after', after) });
