import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Policies } from '../../database/repositories/policies.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { type Fields, PolicyForm } from './policy-form.js';
import { PolicyPage } from './policy-page.js';
import { RehearsalPage } from './rehearsal-page.js';

/** What a change of an organization's rules would do. Nothing is changed. */
@Controller('console/organizations/:id/policy/rehearsal')
@UseGuards(SessionGuard)
export class RehearsalController {
  constructor(
    private readonly shells: Shells,
    private readonly policies: Policies,
    private readonly form: PolicyForm,
    private readonly policyPage: PolicyPage,
    private readonly rehearsal: RehearsalPage,
  ) {}

  @Post()
  @UseGuards(CsrfGuard)
  async rehearse(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body() fields: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const http = { request, reply };
    const policy = await this.policies.read(id);
    const change = await this.form.read(id, policy, fields);
    if ('key' in change) return this.policyPage.show(session, organization, fields, http, change);
    return this.rehearsal.show({ change, version: policy.version }, session, organization, http);
  }

  /** A further page. The change is in its address, sealed. */
  @Get()
  async more(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const http = { request, reply };
    const sealed = fieldOf(asked['change']);
    const rehearsed = this.rehearsal.opened(sealed, session, id);
    if (!rehearsed) return this.policyPage.show(session, organization, {}, http, text('policy.stale'));
    return this.rehearsal.show(rehearsed, session, organization, http, { sealed, asked });
  }
}
