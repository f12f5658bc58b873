import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toolIdentity } from '../clients/tool-identity.js';
import { Clock } from '../config/clock.js';
import { PATHS } from '../config/paths.js';
import { Policies } from '../database/repositories/policies.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { moment } from '../http/moment.js';
import { PageFailure } from '../http/page-failure.js';
import { renderPage } from '../http/page.js';
import { SeeOther, seeOther } from '../http/see-other.js';
import { Finding } from '../oauth/finding.js';
import { ADMINISTRATORS } from '../oauth/role.js';
import { displayName } from '../organizations/display-name.js';
import { MAX_REASON_LENGTH, ruledTool, type Standing, ToolAccess } from '../policy/tool-access.service.js';
import { type Text, text } from '../texts/text.js';
import { answeredBefore, Answers } from './answers.js';
import { AskedRequests } from './asked-requests.js';
import type { Asked } from './asked.js';
import { ASK_PAGE, WAITING_PAGE } from './authorization.pages.js';
import { OrganizationPolicy } from './organization-policy.js';
import { Steps } from './steps.js';

/**
 * Between choosing an organization and approving, where the organization decides about each tool: the person says why,
 * and waits here. The page continues by itself: its address leads on as soon as there is an answer.
 */
@Controller(PATHS.authorization)
export class AskController {
  constructor(
    private readonly asked: AskedRequests,
    private readonly steps: Steps,
    private readonly answers: Answers,
    private readonly policy: OrganizationPolicy,
    private readonly policies: Policies,
    private readonly access: ToolAccess,
    private readonly clock: Clock,
  ) {}

  @Get('ask')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = await this.open(request, reply);
    const standing = await this.standing(asked, reply);
    if (standing.is === 'waiting') return this.wait(asked, standing, reply);
    await this.render(asked, reply);
  }

  /** Field "reason". Whatever else comes counts nothing: who asks for what is in the sealed request. */
  @Post('ask')
  @UseGuards(CsrfGuard)
  async ask(@Body('reason') value: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = await this.open(request, reply);
    const standing = await this.standing(asked, reply);
    if (standing.is === 'not asked' && !mayDecide(asked)) {
      const reason = displayName(inOneLine(value), MAX_REASON_LENGTH);
      if (reason === undefined) {
        const typed = typeof value === 'string' ? value.slice(0, MAX_REASON_LENGTH) : '';
        return this.render(asked, reply, { failure: text('ask.reason-rule'), reason: typed, status: 400 });
      }
      const { session, organization, client, request: of, resource } = asked;
      const id = await this.access.ask(
        {
          userId: session.userId,
          person: session.email,
          organization,
          client,
          redirectUri: of.redirectUri,
          resource: resource.uri,
          scopes: of.scopes,
        },
        reason,
      );
      if (id === undefined && (await this.standing(asked, reply)).is === 'not asked')
        return this.render(asked, reply, { failure: text('ask.too-many'), reason, status: 429 });
    }
    await seeOther(reply, this.policy.to('ask', asked, reply));
  }

  /** What was asked was refused. */
  @Get('refused')
  async refused(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = await this.asked.of(request, reply);
    const standing = await this.access.standing(asked.session.userId, asked.organization.id, asked.client);
    if (standing.is === 'refused') throw await this.policy.refused(asked, standing.until, reply);
    throw new SeeOther(this.policy.to('ask', asked, reply));
  }

  /** The request can be answered no more; what was asked of the organization stands. */
  @Get('waited')
  waited(): never {
    throw new PageFailure(400, 'error.waited-for-answer', new Finding('page-in-time'));
  }

  private async open(request: FastifyRequest, reply: FastifyReply): Promise<Asked> {
    if (this.steps.isOver(request)) throw new SeeOther(`${PATHS.authorization}/waited`);
    const asked = await this.asked.of(request, reply);
    this.policy.admit(asked, reply);
    if (await this.answers.isAnswered(asked.request.id)) throw answeredBefore(asked.request.id);
    return asked;
  }

  /**
   * While the organization says "ask". Throws `SeeOther` to where an answer leads, `PageFailure` when the tool is
   * denied.
   */
  private async standing(asked: Asked, reply: FastifyReply): Promise<Standing> {
    const { session, organization, client } = asked;
    const place = { userId: session.userId, organizationId: organization.id };
    const { verdict } = await this.policies.rulingOf(place, client, this.clock.now());
    if (verdict !== 'ask') {
      await this.policy.permissions(asked, reply);
      throw new SeeOther(this.policy.to('approve', asked, reply));
    }
    const standing = await this.access.standing(session.userId, organization.id, client);
    if (standing.is === 'refused') throw new SeeOther(this.policy.to('refused', asked, reply));
    return standing;
  }

  private async render(
    asked: Asked,
    reply: FastifyReply,
    { failure, reason = '', status = 200 }: { failure?: Text; reason?: string; status?: number } = {},
  ): Promise<void> {
    const rule = new URLSearchParams({ tool: ruledTool(asked.client), person: asked.session.email });
    await renderPage(
      reply,
      ASK_PAGE,
      {
        ...this.around(asked, reply),
        title: text('ask.title'),
        failure,
        reason,
        longest: MAX_REASON_LENGTH,
        form: this.steps.form('ask', { request: reply.request, reply }, asked),
        addRule: mayDecide(asked) ? `/console/organizations/${asked.organization.id}/policy?${rule}#decide` : undefined,
      },
      status,
    );
  }

  private async wait(asked: Asked, { since, until }: Waiting, reply: FastifyReply): Promise<void> {
    const now = this.clock.now();
    await renderPage(reply, WAITING_PAGE, {
      ...this.around(asked, reply),
      title: text('ask.waiting-title'),
      since: moment(since, now),
      until: moment(new Date(asked.request.expiresAt), now),
      over: moment(until, now),
    });
  }

  private around(asked: Asked, reply: FastifyReply) {
    const { request, client, organization, session } = asked;
    return {
      tool: toolIdentity(client, request.redirectUri),
      organization: organization.name,
      person: session.email,
      notYou: this.steps.form('not-you', { request: reply.request, reply }, { request }),
      here: this.policy.to('ask', asked, reply),
      change: this.policy.to('organization', asked, reply),
    };
  }
}

/** Lines of a text field, as the one line they are kept and read as. */
const inOneLine = (value: unknown) => (typeof value === 'string' ? value.replace(/[\t\r\n]+/g, ' ') : value);

type Waiting = Extract<Standing, { is: 'waiting' }>;

/** Whoever answers need not ask. */
const mayDecide = ({ organization }: Asked) => ADMINISTRATORS.includes(organization.role);
