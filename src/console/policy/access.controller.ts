import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toolIdentity } from '../../clients/tool-identity.js';
import { Clock } from '../../config/clock.js';
import {
  AccessRequests,
  OPEN_DAYS,
  type OpenRequest,
  openUntil,
} from '../../database/repositories/access-requests.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import { Policies } from '../../database/repositories/policies.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { nextPage, positionOf } from '../../http/position.js';
import { SeeOther, seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { ToolAccess } from '../../policy/tool-access.service.js';
import { Resources } from '../../resources/resources.service.js';
import { permissionText } from '../../texts/permission.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { ACCESS_REQUEST_PAGE, ACCESS_REQUESTS_PAGE } from './access.pages.js';
import { type Fields, PolicyForm } from './policy-form.js';
import { policyPath } from './policy-page.js';

const PAGE = 50;

/** Who asks for which tool, for owners and admins to answer; to others there is no such page. */
@Controller('console/organizations/:id/policy/requests')
@UseGuards(SessionGuard)
export class AccessController {
  constructor(
    private readonly shells: Shells,
    private readonly requests: AccessRequests,
    private readonly access: ToolAccess,
    private readonly policies: Policies,
    private readonly form: PolicyForm,
    private readonly resources: Resources,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const now = this.clock.now();
    const after = positionOf(asked['after']);
    const search = searchOf(asked['q']);
    const found = await this.requests.open(id, { search, after }, PAGE + 1, now);
    const here = addressOf(id);
    await renderPage(reply, ACCESS_REQUESTS_PAGE, {
      title: text('access.title', { organization: organization.name }),
      shell: await this.shells.ofOrganization('policy', organization, session, { request, reply }),
      notice: noticeOf(asked['done']),
      here,
      rules: policyPath(id),
      search,
      searchable: search !== '' || after !== undefined || found.length > 0,
      requests: found.slice(0, PAGE).map((one) => rowOf(one, now)),
      days: OPEN_DAYS,
      more: nextPage(here, { q: search }, found, PAGE),
      first: after && `${here}?${new URLSearchParams({ q: search })}`,
    });
  }

  @Get(':requestId')
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('requestId') requestId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    await this.render(await this.waiting(id, requestId), organization, session, request, reply);
  }

  /**
   * Fields "people" (`person` or `everybody`), "scope" and "until" of the rule; "version" of the policy it is added to.
   */
  @Post(':requestId/approve')
  @UseGuards(CsrfGuard)
  async approve(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('requestId') requestId: string,
    @Body() fields: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const waiting = await this.waiting(id, requestId);
    const decision = this.form.decision('allow', fields);
    if ('key' in decision) return this.render(waiting, organization, session, request, reply, decision);
    const version = /^\d{1,9}$/.test(fieldOf(fields['version'])) ? Number(fields['version']) : -1;
    const whom = fields['people'];
    if (whom !== 'person' && whom !== 'everybody')
      return this.render(waiting, organization, session, request, reply, text('policy.choose-people'));
    const answered = await this.access.approve(waiting, organization, {
      everybody: whom === 'everybody',
      decision,
      version,
      by: session.userId,
    });
    if (answered === 'answered before') throw answeredMeanwhile(id);
    if (answered === 'policy changed') {
      const failure = text('access.stale');
      return this.render(await this.waiting(id, requestId), organization, session, request, reply, failure);
    }
    if (answered === 'still asks')
      return this.render(waiting, organization, session, request, reply, text('access.still-asks'));
    await seeOther(reply, `${addressOf(id)}?done=access-approved`);
  }

  @Post(':requestId/refuse')
  @UseGuards(CsrfGuard)
  async refuse(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('requestId') requestId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const refused = await this.access.refuse(await this.waiting(id, requestId), organization, session.userId);
    if (!refused) throw answeredMeanwhile(id);
    await seeOther(reply, `${addressOf(id)}?done=access-refused`);
  }

  /**
   * Throws `NotFoundException` when there is no such request here; `SeeOther` to the others when it needs no answer any
   * more.
   */
  private async waiting(organizationId: string, id: string): Promise<OpenRequest> {
    const open = await this.requests.findOpen(id, organizationId, this.clock.now());
    if (open) return open;
    if (await this.requests.find(id, organizationId)) throw answeredMeanwhile(organizationId);
    throw new NotFoundException();
  }

  private async render(
    waiting: OpenRequest,
    organization: OwnOrganization,
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const { id } = organization;
    const catalogue = this.resources.find(waiting.resource)?.scopes;
    const scopes = catalogue?.describe(waiting.scopes) ?? [];
    const asked = catalogue?.expand(waiting.scopes) ?? [];
    await renderPage(
      reply,
      ACCESS_REQUEST_PAGE,
      {
        title: text('access.one-title', { person: waiting.email }),
        shell: await this.shells.ofOrganization('policy', organization, session, { request, reply }),
        notice: undefined,
        failure,
        here: `${addressOf(id)}/${waiting.id}`,
        back: addressOf(id),
        request: rowOf(waiting, this.clock.now()),
        asks: scopes.map((scope) => permissionText(scope).sentence),
        version: (await this.policies.read(id)).version,
        permissions: this.form.permissions().map((scope) => ({
          name: scope.name,
          label: permissionText(scope).sentence,
          asked: asked.includes(scope.name),
        })),
      },
      failure ? 400 : 200,
    );
  }
}

const addressOf = (id: string) => `${policyPath(id)}/requests`;
const answeredMeanwhile = (id: string) => new SeeOther(`${addressOf(id)}?done=access-answered`);

function rowOf(one: OpenRequest, now: Date) {
  return {
    id: one.id,
    email: one.email,
    role: text(`role.${one.role}`),
    tool: toolIdentity({ ...one, metadata: { client_name: one.clientName } }, one.redirectUri),
    reason: one.reason,
    since: moment(one.askedAt, now),
    until: moment(openUntil(one), now),
  };
}
