import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Client, isProven } from '../clients/clients.service.js';
import { toolIdentity } from '../clients/tool-identity.js';
import { Clock } from '../config/clock.js';
import { PATHS } from '../config/paths.js';
import { MOST_OWNED, Organizations, type OwnOrganization } from '../database/repositories/organizations.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { nextPage, positionByName } from '../http/position.js';
import { Recording } from '../http/recording.js';
import { seeOther } from '../http/see-other.js';
import { isUuid } from '../http/uuid.js';
import { displayName } from '../organizations/display-name.js';
import { Answers } from './answers.js';
import { type Text, text } from '../texts/text.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { ORGANIZATION_PAGE } from './authorization.pages.js';
import { type Answering, Steps } from './steps.js';

/** More than most people have; whoever has more searches, or turns the page. */
const PAGE = 20;
const HERE = `${PATHS.authorization}/organization`;

/** Second step: for which organization? Always asked; somebody with none makes one here. */
@Controller(HERE)
export class OrganizationController {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: Steps,
    private readonly answers: Answers,
    private readonly organizations: Organizations,
    private readonly clock: Clock,
    private readonly recording: Recording,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.render(await this.steps.openAnswering(request, reply), request, reply);
  }

  /** Field "organization" chooses one, field "name" makes one. */
  @Post()
  @UseGuards(CsrfGuard)
  async select(
    @Body('organization') organization: unknown,
    @Body('name') name: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answering = await this.steps.openAnswering(request, reply);
    const made = name === undefined ? undefined : await this.make(name, answering);
    const chosen = await this.own(made ?? organization, answering);
    if (!chosen) {
      return this.render(answering, request, reply, {
        failure: typeof made === 'object' ? made : text('organization.choose'),
        newName: typeof name === 'string' ? name.slice(0, 100) : '',
      });
    }
    const respondent = { ...answering.respondent, organizationId: chosen.id };
    this.recording.know(request, { organizationId: chosen.id });
    const { request: asked } = answering;
    const client = await this.requests.clientOf(answering);
    if (isAnswered(client, asked)) {
      const resource = await this.requests.resourceOf(asked);
      return this.answers.approveAll({ ...answering, client, organization: chosen, resource }, reply);
    }
    const next = this.steps.to('approve', { request, reply }, { request: asked, respondent });
    await seeOther(reply, next);
  }

  private async own(chosen: unknown, { session }: Answering): Promise<OwnOrganization | undefined> {
    return isUuid(chosen) ? this.organizations.ownOf(session.userId, chosen) : undefined;
  }

  /** Its id, or why there is none. */
  private async make(value: unknown, { session }: Answering): Promise<string | Text> {
    const name = displayName(value);
    if (name === undefined) return text('form.name-rule');
    const made = await this.organizations.createOwn(name, session.userId, this.clock.now());
    return made?.id ?? text('organization.most', { most: MOST_OWNED });
  }

  private async render(
    answering: Answering,
    request: FastifyRequest,
    reply: FastifyReply,
    { failure, newName = '' }: { failure?: Text; newName?: string } = {},
  ): Promise<void> {
    const { request: asked, respondent, session } = answering;
    const client = await this.requests.clientOf(answering);
    const query = Object(request.query) as Readonly<Record<string, unknown>>;
    const search = displayName(query['q']) ?? '';
    const after = positionByName(query['after']);
    const found = await this.organizations.ofUser(session.userId, { search, after, limit: PAGE + 1 });
    const isAll = search === '' && !after && found.length <= PAGE;
    // The very request of this page: it was opened.
    const sealed = String(query['request']);
    const http = { request, reply };
    const form = this.steps.form('organization', http, { request: asked, respondent });
    const model = {
      title: text('organization.title'),
      tool: toolIdentity(client, asked.redirectUri),
      person: session.email,
      notYou: this.steps.form('not-you', http, { request: asked }),
      form,
      organizations: found.slice(0, PAGE).map(({ id, name, role, members }) => ({
        id,
        name,
        role: text(`role.${role}`),
        members: text('members.count', { count: members }),
        checked: (isAll && found.length === 1) || id === respondent.organizationId,
      })),
      search: isAll ? undefined : { action: HERE, request: sealed, words: search },
      more: nextPage(HERE, { request: sealed, q: search }, found, PAGE),
      first: search !== '' || after ? form.action : undefined,
      create: form,
      newName,
      failure,
      answers: isAnswered(client, asked),
    };
    await renderPage(reply, ORGANIZATION_PAGE, model, failure === undefined ? 200 : 400);
  }
}

/** An administrator vouches for the client, so nobody is asked to approve: selecting an organization is the answer. */
function isAnswered(client: Client, { redirectUri, askAgain }: AuthorizationRequest): boolean {
  return client.trusted && isProven(client, redirectUri) && !askAgain;
}
