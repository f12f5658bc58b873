import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Organizations } from '../database/repositories/organizations.repository.js';
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

  /** The request with everything it stands on at this moment. An organization that was left sends back to select another. */
  async of(request: FastifyRequest, reply: FastifyReply): Promise<Asked> {
    const answering = await this.steps.openAnswering(request, reply);
    const client = await this.requests.clientOf(answering.request);
    const organizations = await this.organizations.ofUser(answering.session.userId);
    const organization = organizations.find(({ id }) => id === answering.respondent.organizationId);
    if (!organization) throw new SeeOther(this.steps.to('organization', { request, reply }, answering));
    return { ...answering, client, organization, resource: await this.requests.resourceOf(answering.request) };
  }
}
