import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../clients/clients.service.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Grants } from '../database/repositories/grants.repository.js';
import { Organizations, type OwnOrganization } from '../database/repositories/organizations.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { PageFailure } from '../http/page-failure.js';
import { SeeOther } from '../http/see-other.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import { OFFLINE_ACCESS } from '../oauth/scope.js';
import { hashSecret, newSecret } from '../oauth/secret.js';
import { askingTool, redirectHost, toolName } from './asking-tool.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { responseUri } from './authorization-response.js';
import { APPROVAL_PAGE, RETURN_PAGE } from './authorization.pages.js';
import { permissionsFor } from './permissions.js';
import { type Answering, Steps } from './steps.js';

interface Asked extends Answering {
  readonly client: Client;
  readonly organization: OwnOrganization;
}

/**
 * Third step: may it? Asked every time, since the identity of a public client is not proven (RFC 8252 §8.6). What is
 * consented to is what the sealed request holds, less what the person took away; the form adds nothing.
 */
@Controller('mcp/oauth/authorize/approve')
export class ApprovalController {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: Steps,
    private readonly organizations: Organizations,
    private readonly grants: Grants,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { request: asked, respondent, session, client, organization } = await this.asked(request, reply);
    if (await this.grants.isAnswered(asked.id)) throw answeredBefore();
    const http = { request, reply };
    const target = redirectTarget(asked.redirectUri);
    await renderPage(reply, APPROVAL_PAGE, {
      title: 'Approve',
      tool: askingTool(client, asked.redirectUri),
      person: session.email,
      notYou: this.steps.form('not-you', http, { request: asked }),
      organization: {
        name: organization.name,
        role: organization.role,
        change: this.steps.to('organization', http, { request: asked, respondent }),
      },
      redirectHost: redirectHost(asked.redirectUri),
      loopback: target === 'loopback',
      application: target === 'private-use',
      form: this.steps.form('approve', http, { request: asked, respondent }),
      permissions: permissionsFor(asked, organization.role),
      days: Math.round(this.config.refreshTokenLifetime / 86_400),
    });
  }

  /** Fields "decision" and "scope" (the ticks that were left). */
  @Post()
  @UseGuards(CsrfGuard)
  async answer(
    @Body('decision') decision: unknown,
    @Body('scope') scope: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = await this.asked(request, reply);
    if (decision === 'approve') return this.approve(asked, [scope].flat(), reply);
    if (decision === 'deny') return this.deny(asked, reply);
    throw new PageFailure(
      400,
      'Neither approved nor denied',
      'The form arrived without your decision.',
      'Go back and press Approve or Deny.',
    );
  }

  private async approve(
    { request, session, client, organization }: Asked,
    ticked: unknown[],
    reply: FastifyReply,
  ): Promise<void> {
    const kept = permissionsFor(request, organization.role)
      .filter(({ name, optional }) => !optional || ticked.includes(name))
      .map(({ name }) => name);
    const code = newSecret();
    const at = this.clock.now();
    const grantId = await this.grants.approve({
      at,
      requestId: request.id,
      userId: session.userId,
      organizationId: organization.id,
      client,
      resource: request.resource,
      scopes: request.scopes.filter((name) => kept.includes(name)),
      renewable: kept.includes(OFFLINE_ACCESS),
      codeHash: hashSecret(code),
      codeChallenge: request.codeChallenge,
      redirectUri: request.redirectUri,
      codeExpiresAt: new Date(at.getTime() + this.config.authorizationCodeLifetime * 1000),
    });
    if (!grantId) throw (await this.grants.isAnswered(request.id)) ? answeredBefore() : noLongerAllowed();
    await this.respond(request, client, { code }, reply);
  }

  private async deny({ request, session, client, organization }: Asked, reply: FastifyReply): Promise<void> {
    const denied = await this.grants.deny({
      requestId: request.id,
      requestExpiresAt: new Date(request.expiresAt),
      at: this.clock.now(),
      userId: session.userId,
      organizationId: organization.id,
      clientName: toolName(client, request.redirectUri),
    });
    if (!denied) throw answeredBefore();
    await this.respond(
      request,
      client,
      { error: 'access_denied', error_description: 'the person denied the request' },
      reply,
    );
  }

  /** By redirect; but a browser stays on its page when a redirect opens an application, so that page must be one that says so. */
  private async respond(
    request: AuthorizationRequest,
    client: Client,
    answer: { code: string } | { error: string; error_description: string },
    reply: FastifyReply,
  ): Promise<void> {
    const location = responseUri(request.redirectUri, { ...answer, state: request.state, iss: this.config.issuer });
    if (redirectTarget(request.redirectUri) === 'private-use') {
      const approved = 'code' in answer;
      return void (await renderPage(reply, RETURN_PAGE, {
        title: approved ? 'Approved' : 'Denied',
        tool: askingTool(client, request.redirectUri),
        approved,
        location,
      }));
    }
    await reply.header('Cache-Control', 'no-store').redirect(location, 303);
  }

  /** The request with everything it stands on at this moment. An organization that was left sends back to select another. */
  private async asked(request: FastifyRequest, reply: FastifyReply): Promise<Asked> {
    const answering = await this.steps.openAnswering(request, reply);
    const client = await this.requests.clientOf(answering.request);
    const organizations = await this.organizations.ofUser(answering.session.userId);
    const organization = organizations.find(({ id }) => id === answering.respondent.organizationId);
    if (!organization) throw new SeeOther(this.steps.to('organization', { request, reply }, answering));
    return { ...answering, client, organization };
  }
}

function answeredBefore(): PageFailure {
  return new PageFailure(
    400,
    'You have answered this already',
    'Each request of a tool is answered once, and this one was. You can close this tab.',
    'If your tool is not connected, go back to it and connect again.',
  );
}

function noLongerAllowed(): PageFailure {
  return new PageFailure(
    400,
    'This cannot be approved any more',
    'Your account, your place in the organization, or the tool was blocked or removed meanwhile.',
    'Ask an administrator of the organization.',
  );
}
