import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Organizations, type OwnOrganization } from '../database/repositories/organizations.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { SeeOther } from '../http/see-other.js';
import type { Asked } from './asked.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { Steps } from './steps.js';

/** Opens requests in the hands of somebody who chose an organization. */
@Injectable()
export class AskedRequests {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: Steps,
    private readonly organizations: Organizations,
  ) {}

  /**
   * The request with everything it stands on at this moment. An organization that was left sends back to select
   * another.
   */
  async of(request: FastifyRequest, reply: FastifyReply): Promise<Asked> {
    const answering = await this.steps.openAnswering(request, reply);
    const client = await this.requests.clientOf(answering);
    const organization = await this.own(answering.session, answering.respondent.organizationId);
    if (!organization) throw new SeeOther(this.steps.to('organization', { request, reply }, answering));
    return { ...answering, client, organization, resource: await this.requests.resourceOf(answering.request) };
  }

  /** The same, as session and organization are by now. Undefined: one of them is gone. */
  async again(asked: Asked, request: FastifyRequest): Promise<Asked | undefined> {
    const session = await this.steps.session(request);
    const organization = await this.own(asked.session, asked.organization.id);
    return session && organization && { ...asked, session, organization };
  }

  private async own({ userId }: LiveSession, organizationId: string | undefined): Promise<OwnOrganization | undefined> {
    return organizationId === undefined ? undefined : this.organizations.ownOf(userId, organizationId);
  }
}
