import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toolName } from '../clients/names.js';
import { toolIdentity } from '../clients/tool-identity.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Approvals } from '../database/repositories/approvals.repository.js';
import { renderPage } from '../http/page.js';
import { Recording } from '../http/recording.js';
import { seeOther } from '../http/see-other.js';
import { Finding } from '../oauth/finding.js';
import { PageFailure } from '../http/page-failure.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import { OFFLINE_ACCESS } from '../oauth/scope.js';
import { hashSecret, newSecret } from '../oauth/secret.js';
import { plainly, text } from '../texts/text.js';
import type { Asked } from './asked.js';
import { AskedRequests } from './asked-requests.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { type Answer, responseUri } from './authorization-response.js';
import { RETURN_PAGE } from './authorization.pages.js';
import { OrganizationPolicy } from './organization-policy.js';

/** The two answers to an authorization request. Each request is answered once. */
@Injectable()
export class Answers {
  constructor(
    private readonly approvals: Approvals,
    private readonly asked: AskedRequests,
    private readonly policy: OrganizationPolicy,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly recording: Recording,
  ) {}

  isAnswered(requestId: string): Promise<boolean> {
    return this.approvals.isAnswered(requestId);
  }

  /**
   * Makes the grant. `ticked`: the names of the permissions that were left; those that cannot be taken away need none.
   */
  async approve(asked: Asked, ticked: readonly unknown[], reply: FastifyReply): Promise<void> {
    const { permissions } = await this.policy.permissions(asked, reply);
    const left = permissions.filter(({ name, optional }) => !optional || ticked.includes(name));
    await this.give(
      asked,
      left.map(({ name }) => name),
      reply,
    );
  }

  /** Everything that is asked, without a page: for a client an administrator trusts. */
  async approveAll(asked: Asked, reply: FastifyReply): Promise<void> {
    const { permissions } = await this.policy.permissions(asked, reply);
    await this.give(
      asked,
      permissions.map(({ name }) => name),
      reply,
    );
  }

  private async give(asked: Asked, left: readonly string[], reply: FastifyReply): Promise<void> {
    const { request, session, client, organization, resource } = asked;
    const kept = resource.scopes.supported(left);
    const code = newSecret();
    const at = this.clock.now();
    const grantId = await this.approvals.approve({
      at,
      requestId: request.id,
      userId: session.userId,
      session: session.idHash,
      organizationId: organization.id,
      client,
      resource: resource.uri,
      ownResource: resource.uri === this.config.resource,
      scopes: request.scopes.filter((name) => kept.includes(name)),
      renewable: kept.includes(OFFLINE_ACCESS),
      codeHash: hashSecret(code),
      codeChallenge: request.codeChallenge,
      redirectUri: request.redirectUri,
      codeExpiresAt: new Date(at.getTime() + this.config.authorizationCodeLifetime * 1000),
    });
    if (!grantId) {
      if (await this.isAnswered(request.id)) throw answeredBefore(request.id);
      // Something changed since the page was opened: whoever asks again is told what.
      const now = await this.asked.again(asked, reply.request);
      if (now) await this.policy.permissions(now, reply);
      throw noLongerAllowed(request);
    }
    this.recording.know(reply.request, { grantId });
    await this.respond({ request, client }, { code }, reply);
  }

  async deny({ request, session, client, organization }: Asked, reply: FastifyReply): Promise<void> {
    const denied = await this.approvals.deny({
      requestId: request.id,
      requestExpiresAt: new Date(request.expiresAt),
      at: this.clock.now(),
      userId: session.userId,
      organizationId: organization.id,
      clientName: plainly(toolName(client.metadata.client_name, request.redirectUri), 'en'),
    });
    if (!denied) throw answeredBefore(request.id);
    const refusal = { error: 'access_denied', error_description: 'the person denied the request' } as const;
    await this.respond({ request, client }, refusal, reply);
  }

  /**
   * By redirect; but a browser stays on its page when a redirect opens an application, so that page must be one that
   * says so.
   */
  private async respond(
    { request, client }: Pick<Asked, 'request' | 'client'>,
    answer: Answer,
    reply: FastifyReply,
  ): Promise<void> {
    const location = responseUri(request, answer, this.config);
    if (redirectTarget(request.redirectUri) === 'private-use') {
      const approved = 'code' in answer;
      return void (await renderPage(reply, RETURN_PAGE, {
        title: text(approved ? 'return.approved' : 'return.denied'),
        tool: toolIdentity(client, request.redirectUri),
        approved,
        location,
      }));
    }
    await seeOther(reply, location);
  }
}

export function answeredBefore(requestId: string): PageFailure {
  return new PageFailure(400, 'error.answered', new Finding('answered-once', { request: requestId }));
}

function noLongerAllowed(request: AuthorizationRequest): PageFailure {
  return new PageFailure(
    400,
    'error.not-allowed',
    new Finding('grant-stands', { request: request.id, client_id: request.clientId, resource: request.resource }),
  );
}
