import { Body, Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../clients/clients.service.js';
import { imitates } from '../clients/names.js';
import { toolIdentity } from '../clients/tool-identity.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Approvals } from '../database/repositories/approvals.repository.js';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { Finding } from '../oauth/finding.js';
import { PageFailure } from '../http/page-failure.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import { text } from '../texts/text.js';
import { answeredBefore, Answers } from './answers.js';
import { AskedRequests } from './asked-requests.js';
import { APPROVAL_PAGE, type ApprovalModel } from './authorization.pages.js';
import { OrganizationPolicy } from './organization-policy.js';
import { markNew } from './permissions.js';
import { Steps } from './steps.js';

/**
 * Third step: may it? Asked every time, since the identity of a public client is not proven (RFC 8252 §8.6). What is
 * consented to is what the sealed request holds, less what the person took away; the form adds nothing.
 */
@Controller(`${PATHS.authorization}/approve`)
export class ApprovalController {
  constructor(
    private readonly steps: Steps,
    private readonly asked: AskedRequests,
    private readonly answers: Answers,
    private readonly policy: OrganizationPolicy,
    private readonly approvals: Approvals,
    private readonly stored: StoredClients,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const all = await this.asked.of(request, reply);
    const { request: asked, respondent, session, client, organization, resource } = all;
    if (await this.answers.isAnswered(asked.id)) throw answeredBefore(asked.id);
    const { permissions, withheld } = await this.policy.permissions(all, reply);
    const http = { request, reply };
    const target = redirectTarget(asked.redirectUri);
    await renderPage(reply, APPROVAL_PAGE, {
      title: text('approve.title'),
      tool: toolIdentity(client, asked.redirectUri),
      person: session.email,
      notYou: this.steps.form('not-you', http, { request: asked }),
      organization: {
        name: organization.name,
        role: text(`role.${organization.role}`),
        change: this.steps.to('organization', http, { request: asked, respondent }),
      },
      resource: resource.uri === this.config.resource ? undefined : { name: resource.name, uri: resource.uri },
      imitates: await this.imitates(client),
      use: await this.use(client),
      loopback: target === 'loopback',
      application: target === 'private-use',
      form: this.steps.form('approve', http, { request: asked, respondent }),
      permissions: markNew(
        permissions,
        await this.approvals.permitted(
          {
            userId: session.userId,
            organizationId: organization.id,
            clientDigest: client.digest,
            resource: resource.uri,
          },
          this.clock.now(),
        ),
      ),
      withheld,
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
    const asked = await this.asked.of(request, reply);
    if (decision === 'approve') return this.answers.approve(asked, [scope].flat(), reply);
    if (decision === 'deny') return this.answers.deny(asked, reply);
    throw new PageFailure(400, 'error.undecided', new Finding('decision-given'));
  }

  private async imitates({ identity, metadata }: Client): Promise<boolean> {
    if (identity === 'registered' || metadata.client_name === undefined) return false;
    return imitates(metadata.client_name, await this.stored.registeredNames());
  }

  private async use({ digest }: Client): Promise<ApprovalModel['use']> {
    const use = await this.stored.useOf(digest, this.clock.now());
    if (!use) return undefined;
    return { since: use.since.toISOString().slice(0, 10), people: use.people, more: use.more ? 'yes' : 'no' };
  }
}
