import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toolName } from '../clients/names.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Memberships } from '../database/repositories/memberships.repository.js';
import { Policies } from '../database/repositories/policies.repository.js';
import { PageFailure } from '../http/page-failure.js';
import { SeeOther } from '../http/see-other.js';
import { stepUpPath } from '../http/step-up-first.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { text, type Words } from '../texts/text.js';
import type { Asked } from './asked.js';
import { responseUri } from './authorization-response.js';
import { permissionsFor } from './permissions.js';
import type { Permission } from './authorization.pages.js';
import { type Step, Steps } from './steps.js';

/** So many of those who decide are named. */
const NAMED = 3;

/** What the organization a person chose lets them permit. */
@Injectable()
export class OrganizationPolicy {
  constructor(
    private readonly policies: Policies,
    private readonly memberships: Memberships,
    private readonly steps: Steps,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * The permissions that may be given, and in words those the organization withholds. Throws `PageFailure` when it does
   * not allow the tool, or nothing that it asks for, or the person's role allows nothing of that; `SeeOther` when the
   * person must ask for it first, or prove a second factor.
   */
  async permissions(asked: Asked, reply: FastifyReply): Promise<{ permissions: Permission[]; withheld: Words[] }> {
    const { request, session, client, organization, resource } = asked;
    this.admit(asked, reply);
    const place = { userId: session.userId, organizationId: organization.id };
    const { verdict, ceiling } = await this.policies.rulingOf(place, client, this.clock.now());
    if (verdict === 'ask') throw new SeeOther(this.to('ask', asked, reply));
    const denied = verdict === 'deny';
    const all = permissionsFor(request, organization.role, resource.scopes);
    if (!denied && resource.scopes.names.length > 0 && all.every(({ stays }) => stays))
      throw await this.notTheirs(asked, reply);
    const permissions = permissionsFor(request, organization.role, resource.scopes, ceiling);
    const withheld = all.filter(({ name }) => !permissions.some((one) => one.name === name));
    const nothingLeft = withheld.length > 0 && permissions.every(({ stays }) => stays);
    if (denied || nothingLeft) throw await this.refusal(asked, { denied, ceiling }, reply);
    return { permissions, withheld: withheld.map(({ sentence }) => sentence) };
  }

  /**
   * Throws `PageFailure` when it is suspended; `SeeOther` when it requires a second factor that this session did not
   * prove.
   */
  admit(asked: Asked, reply: FastifyReply): void {
    const { organization, session } = asked;
    if (organization.suspendedAt) throw this.suspended(asked, reply);
    if (organization.requiresSecondFactor && !session.proven) throw this.secondFactorFirst(asked, reply);
  }

  /** An administrator said no to what the person asked. */
  async refused(asked: Asked, until: Date, reply: FastifyReply): Promise<PageFailure> {
    const description = 'an administrator of the organization refused this tool';
    return this.failure(asked, 'error.access-refused', description, { rule: 'organization-policy', until }, reply);
  }

  /** A step of this request, for the organization that was chosen. */
  to(step: Step, { request, respondent, organization }: Asked, reply: FastifyReply): string {
    const chosen = { ...respondent, organizationId: organization.id };
    return this.steps.to(step, { request: reply.request, reply }, { request, respondent: chosen });
  }

  /**
   * To prove a second factor or set one up, and on with this very request. The session has another id then, which is
   * why the way back leads by the log-in.
   */
  private secondFactorFirst({ request, client, organization }: Asked, reply: FastifyReply): SeeOther {
    const finding = new Finding('second-factor', { organization: organization.id, client_id: client.clientId });
    const back = this.steps.to('login', { request: reply.request, reply }, { request });
    return new SeeOther(stepUpPath(back, organization.id), {
      cause: new OAuthError('access_denied', 'the organization requires a second factor', finding),
    });
  }

  private suspended(asked: Asked, reply: FastifyReply): PageFailure {
    const description = 'the organization is suspended';
    return this.failure(asked, 'error.suspended', description, { rule: 'organization-stands' }, reply);
  }

  private async refusal(
    asked: Asked,
    compared: { denied: boolean; ceiling: readonly string[] | null },
    reply: FastifyReply,
  ): Promise<PageFailure> {
    const description = 'the organization does not allow this tool';
    const who = await this.whoDecides(asked);
    return this.failure(asked, 'error.policy', description, { rule: 'organization-policy', ...compared }, reply, who);
  }

  private async notTheirs(asked: Asked, reply: FastifyReply): Promise<PageFailure> {
    const { request, organization } = asked;
    const description = 'the role of the person allows nothing of what was asked for';
    const compared = { role: organization.role, asked: request.scopes };
    const who = await this.whoDecides(asked);
    return this.failure(asked, 'error.role', description, { rule: 'scope-allowed', ...compared }, reply, who);
  }

  private async whoDecides({ organization }: Asked): Promise<string> {
    const deciding = (await this.memberships.governing(organization.id)).slice(0, NAMED);
    return deciding.map(({ email }) => email).join(', ');
  }

  /** A page with the way back to the tool, which is told `access_denied`, and the one to another organization. */
  private failure(
    { request, respondent, client, organization }: Asked,
    page: 'error.policy' | 'error.role' | 'error.access-refused' | 'error.suspended',
    description: string,
    {
      rule,
      ...compared
    }: { rule: 'organization-policy' | 'organization-stands' | 'scope-allowed' } & Record<string, unknown>,
    reply: FastifyReply,
    who = '',
  ): PageFailure {
    const finding = new Finding(rule, { organization: organization.id, client_id: client.clientId, ...compared });
    const error = new OAuthError('access_denied', description, finding);
    const tool = toolName(client.metadata.client_name, request.redirectUri);
    const answer = { error: error.code, error_description: description };
    const http = { request: reply.request, reply };
    return new PageFailure(403, page, error, {
      values: { tool, organization: organization.name, who },
      link: { label: text('error.return', { tool }), href: responseUri(request, answer, this.config) },
      other: { label: text('error.policy-other'), href: this.steps.to('organization', http, { request, respondent }) },
    });
  }
}
