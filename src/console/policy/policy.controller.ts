import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Policies } from '../../database/repositories/policies.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { ToolPolicy } from '../../policy/tool-policy.service.js';
import { text } from '../../texts/text.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import type { Fields } from './policy-form.js';
import { PolicyPage, policyPath } from './policy-page.js';
import { RehearsalPage } from './rehearsal-page.js';

/** Which tools may work for an organization. Owners and admins decide; to others there is no such page. */
@Controller('console/organizations/:id/policy')
@UseGuards(SessionGuard)
export class PolicyController {
  constructor(
    private readonly shells: Shells,
    private readonly policies: Policies,
    private readonly policy: ToolPolicy,
    private readonly page: PolicyPage,
    private readonly rehearsal: RehearsalPage,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Fields,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.page.show(session, await this.shells.governed(session, id), asked, { request, reply });
  }

  /** Makes a change that was rehearsed, by whom, in the same session; unless somebody changed something since. */
  @Post()
  @UseGuards(CsrfGuard)
  async save(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('change') sealed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const rehearsed = this.rehearsal.opened(sealed, session, id);
    const ended = rehearsed && (await this.policy.save({ organizationId: id, ...rehearsed, by: session.userId }));
    if (ended === undefined) return this.page.show(session, organization, {}, { request, reply }, text('policy.stale'));
    await seeOther(reply, `${policyPath(id)}?done=policy-changed`);
  }

  /** Brings back what was before the last change: at once when no connection would notice, else by its rehearsal. */
  @Post('undo')
  @UseGuards(CsrfGuard)
  async undo(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('version') version: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const http = { request, reply };
    const stale = () => this.page.show(session, organization, {}, http, text('policy.stale'));
    const { undo: change, version: current } = await this.policies.read(id);
    if (!change || String(current) !== version) return stale();
    const rehearsal = await this.policy.rehearse(id, change, current, { size: 0 });
    if (!rehearsal || rehearsal.ended.count + rehearsal.changed.count > 0)
      return this.rehearsal.show({ change, version: current }, session, organization, http);
    const asked = { organizationId: id, change, version: current, by: session.userId };
    if ((await this.policy.save(asked)) === undefined) return stale();
    await seeOther(reply, `${policyPath(id)}?done=policy-undone`);
  }
}
