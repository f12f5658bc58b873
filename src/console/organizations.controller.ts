import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import type { Position } from '../database/repositories/keyset.sql.js';
import { MOST_OWNED, Organizations } from '../database/repositories/organizations.repository.js';
import { type LiveSession, Sessions } from '../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { nextPage, positionByName } from '../http/position.js';
import { seeOther } from '../http/see-other.js';
import { CurrentSession, SessionGuard } from '../http/session.guard.js';
import { ADMINISTRATORS } from '../oauth/role.js';
import { displayName } from '../organizations/display-name.js';
import { ORGANIZATIONS_PAGE } from './console.pages.js';
import { fieldOf, searchOf } from './field.js';
import { moment } from '../http/moment.js';
import { type Text, text } from '../texts/text.js';
import { Id } from './id.js';
import { noticeOf } from './notices.js';
import { Shells } from './shells.js';

const PAGE = 50;
const HERE = '/console/organizations';
const NAME_RULE = text('form.name-rule');

interface Shown {
  readonly search?: string;
  readonly after?: Position | undefined;
  readonly notice?: Text | undefined;
  readonly failure?: Text;
  readonly newName?: string;
}

@Controller('console/organizations')
@UseGuards(SessionGuard)
export class OrganizationsController {
  constructor(
    private readonly shells: Shells,
    private readonly organizations: Organizations,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() { done, q, after }: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const search = searchOf(q);
    await this.render(session, request, reply, { notice: noticeOf(done), search, after: positionByName(after) });
  }

  @Post()
  @UseGuards(CsrfGuard)
  async create(
    @CurrentSession() session: LiveSession,
    @Body('name') value: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const name = displayName(value);
    const made = name === undefined ? name : await this.organizations.createOwn(name, session.userId, this.clock.now());
    if (!made) {
      const failure = name === undefined ? NAME_RULE : text('organization.most', { most: MOST_OWNED });
      return this.render(session, request, reply, { failure, newName: fieldOf(value).slice(0, 100) });
    }
    await this.sessions.selectOrganization(session.idHash, made.id);
    await seeOther(reply, '/console/organizations?done=organization-created');
  }

  @Post(':id/rename')
  @UseGuards(CsrfGuard)
  async rename(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('name') value: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.shells.governed(session, id);
    const name = displayName(value);
    if (name === undefined) return this.render(session, request, reply, { failure: NAME_RULE });
    await this.organizations.rename(id, name, session.userId, this.clock.now());
    await seeOther(reply, '/console/organizations?done=organization-renamed');
  }

  @Post(':id/select')
  @UseGuards(CsrfGuard)
  async select(@CurrentSession() session: LiveSession, @Id() id: string, @Res() reply: FastifyReply): Promise<void> {
    await this.shells.own(session, id);
    await this.sessions.selectOrganization(session.idHash, id);
    await seeOther(reply, '/console/organizations?done=organization-selected');
  }

  private async render(
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
    { search = '', after, notice, failure, newName = '' }: Shown,
  ): Promise<void> {
    const { shell, organization: current } = await this.shells.make('organizations', session, { request, reply });
    const now = this.clock.now();
    const found = await this.organizations.ofUser(session.userId, { search, after, limit: PAGE + 1 });
    const rows = found.slice(0, PAGE).map((one) => ({
      id: one.id,
      name: one.name,
      role: text(`role.${one.role}`),
      members: text('members.count', { count: one.members }),
      since: moment(one.createdAt, now),
      current: one.id === current?.id,
      mayRename: ADMINISTRATORS.includes(one.role),
    }));
    const model = {
      title: text('nav.organizations'),
      shell,
      notice,
      search,
      searchable: search !== '' || after !== undefined || found.length > PAGE,
      organizations: rows,
      more: nextPage(HERE, { q: search }, found, PAGE),
      first: after && HERE,
      newName,
      failure,
    };
    await renderPage(reply, ORGANIZATIONS_PAGE, model, failure ? 400 : 200);
  }
}
