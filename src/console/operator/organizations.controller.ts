import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { AllOrganizations, type OrganizationLine } from '../../database/repositories/all-organizations.repository.js';
import { Memberships } from '../../database/repositories/memberships.repository.js';
import { Organizations } from '../../database/repositories/organizations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { displayName } from '../../organizations/display-name.js';
import { type Text, text } from '../../texts/text.js';
import { endedNotice, endedQuery } from '../ended.js';
import { fieldOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import type { Question } from '../confirmation.pages.js';
import { type Asking, Confirmations } from './confirmations.js';
import { ALL_ORGANIZATIONS_PAGE, ORGANIZATION_PAGE } from './organizations.pages.js';
import { nextPage, positionOf } from '../../http/position.js';

const ORGANIZATIONS = '/console/operator/organizations';
const PAGE = 50;

type Asked = Readonly<Record<string, unknown>>;

/** Every organization, and what operators do about one: rename, suspend, resume. */
@Controller('console/operator/organizations')
@UseGuards(OperatorGuard)
export class AllOrganizationsController {
  constructor(
    private readonly shells: Shells,
    private readonly confirmations: Confirmations,
    private readonly all: AllOrganizations,
    private readonly organizations: Organizations,
    private readonly memberships: Memberships,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const search = searchOf(asked['q']);
    const suspended = asked['suspended'] === 'on';
    const found = await this.all.list({ search, suspended, after: positionOf(asked['after']) }, PAGE + 1);
    const now = this.clock.now();
    await renderPage(reply, ALL_ORGANIZATIONS_PAGE, {
      title: text('nav.organizations'),
      shell: await this.shells.ofOperator('organizations', session, { request, reply }),
      notice: undefined,
      search,
      suspended,
      organizations: found.slice(0, PAGE).map((one) => rowOf(one, now)),
      more: nextPage(ORGANIZATIONS, { q: search, ...(suspended && { suspended: 'on' }) }, found, PAGE),
    });
  }

  @Get(':id')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(session, id, { asked }, request, reply);
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
    await this.find(id);
    const name = displayName(value);
    if (name === undefined)
      return this.render(session, id, { asked: {}, failure: text('form.name-rule') }, request, reply);
    await this.organizations.rename(id, name, session.userId, this.clock.now());
    await seeOther(reply, `${ORGANIZATIONS}/${id}?done=organization-renamed`);
  }

  @Get(':id/suspend')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.confirmations.ask({ tab: 'organizations', session, request, reply }, await this.suspension(id));
  }

  @Post(':id/suspend')
  @UseGuards(CsrfGuard)
  async suspend(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asking: Asking = { tab: 'organizations', session, request, reply };
    if (!(await this.confirmations.given(asking, await this.suspension(id), typed))) return;
    const ended = await this.all.suspend(id, session.userId, this.clock.now());
    if (!ended) throw new NotFoundException();
    const told = endedQuery(ended.live, this.clock.now());
    await seeOther(reply, `${ORGANIZATIONS}/${id}?done=organization-suspended&${told}`);
  }

  @Post(':id/resume')
  @UseGuards(CsrfGuard)
  async resume(@CurrentSession() session: LiveSession, @Id() id: string, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.all.resume(id, session.userId, this.clock.now()))) throw new NotFoundException();
    await seeOther(reply, `${ORGANIZATIONS}/${id}?done=organization-resumed`);
  }

  private async suspension(id: string): Promise<Question> {
    const { name, suspendedAt } = await this.find(id);
    if (suspendedAt) throw new NotFoundException();
    const connections = await this.all.connections(id, this.clock.now());
    const back = `${ORGANIZATIONS}/${id}`;
    return {
      title: text('title.suspend'),
      what: text('suspension.what', { organization: name, connections }),
      word: name.replace(/\s+/g, ' '),
      ends: true,
      action: `${back}/suspend`,
      submit: text('suspension.suspend'),
      back,
    };
  }

  private async find(id: string): Promise<OrganizationLine> {
    const organization = await this.all.find(id);
    if (!organization) throw new NotFoundException();
    return organization;
  }

  private async render(
    session: LiveSession,
    id: string,
    { asked, failure }: { asked: Asked; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.find(id);
    const now = this.clock.now();
    const [search, after] = [searchOf(asked['q']), fieldOf(asked['after']).slice(0, 254) || undefined];
    const found = await this.memberships.list(id, { search, after }, PAGE + 1, now);
    const members = found.slice(0, PAGE);
    const here = `${ORGANIZATIONS}/${id}`;
    const next = new URLSearchParams({ q: search, after: members.at(-1)?.email ?? '' });
    const model = {
      title: text('suspension.title', { organization: organization.name }),
      shell: await this.shells.ofOperator('organizations', session, { request, reply }),
      notice: noticeOf(asked['done']),
      ended: endedNotice(asked, now),
      failure,
      organization: rowOf(organization, now),
      connections: await this.all.connections(id, now),
      members: members.map(({ userId, email, role }) => ({ userId, email, role: text(`role.${role}`) })),
      search,
      searchable: search !== '' || after !== undefined || found.length > PAGE,
      more: found.length > PAGE ? `${here}?${next}` : undefined,
      first: after === undefined ? undefined : here,
    };
    await renderPage(reply, ORGANIZATION_PAGE, model, failure ? 400 : 200);
  }
}

const rowOf = ({ id, name, createdAt, suspendedAt }: OrganizationLine, now: Date) => ({
  id,
  name,
  since: moment(createdAt, now),
  suspended: suspendedAt ? moment(suspendedAt, now) : undefined,
});
