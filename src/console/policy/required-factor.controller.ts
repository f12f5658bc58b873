import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import { type LackingFilter, RequiredFactors } from '../../database/repositories/required-factors.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { stepUpPath } from '../../http/step-up-first.js';
import { RequiredFactor } from '../../policy/required-factor.service.js';
import { type Text, text } from '../../texts/text.js';
import { endedNotice, endedQuery } from '../ended.js';
import { fieldOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { REQUIRED_FACTOR_PAGE } from './required-factor.pages.js';

const PAGE = 50;

type Asked = Readonly<Record<string, unknown>>;

/** Whether an organization requires a second factor. Owners decide, who proved their own; admins see it. */
@Controller('console/organizations/:id/second-factor')
@UseGuards(SessionGuard)
export class RequiredFactorController {
  constructor(
    private readonly shells: Shells,
    private readonly stored: RequiredFactors,
    private readonly required: RequiredFactor,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(session, await this.shells.governed(session, id), { asked }, request, reply);
  }

  /** Either changes how everybody there logs in, and is confirmed by typing the organization's name. */
  @Post('require')
  @UseGuards(CsrfGuard)
  async require(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.owned(session, id);
    const failure = !session.proven
      ? text('required.own-first')
      : !isNameOf(organization, typed)
        ? text('confirm.wrong')
        : undefined;
    if (failure) return this.render(session, organization, { asked: {}, failure }, request, reply);
    const ended = (await this.required.change(organization, true, session.userId)) ?? 0;
    const told = endedQuery(ended, this.clock.now());
    await seeOther(reply, `${addressOf(id)}?done=second-factor-required&${told}`);
  }

  @Post('release')
  @UseGuards(CsrfGuard)
  async release(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.owned(session, id);
    if (!isNameOf(organization, typed)) {
      const failure = text('confirm.wrong');
      return this.render(session, organization, { asked: {}, failure }, request, reply);
    }
    await this.required.change(organization, false, session.userId);
    await seeOther(reply, `${addressOf(id)}?done=second-factor-optional`);
  }

  private async owned(session: LiveSession, id: string): Promise<OwnOrganization> {
    const organization = await this.shells.governed(session, id);
    if (organization.role !== 'owner') throw new NotFoundException();
    return organization;
  }

  private async render(
    session: LiveSession,
    organization: OwnOrganization,
    { asked, failure }: { asked: Asked; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { id, role, requiresSecondFactor } = organization;
    const now = this.clock.now();
    const filter = filterOf(asked);
    const found = await this.stored.lacking(id, filter, PAGE + 1, now);
    const lacking = found.slice(0, PAGE);
    const total = await this.stored.countLacking(id, now);
    const query = { q: filter.search, ...(filter.connected && { connected: 'on' }) };
    const after = lacking.at(-1)?.email ?? '';
    const model = {
      title: text('required.title', { organization: organization.name }),
      shell: await this.shells.ofOrganization('second-factor', organization, session, { request, reply }),
      notice: noticeOf(asked['done']),
      ended: endedNotice(asked, now),
      failure,
      here: addressOf(id),
      required: requiresSecondFactor,
      search: filter.search,
      connected: filter.connected,
      lacking,
      more: found.length > PAGE ? `${addressOf(id)}?${new URLSearchParams({ ...query, after })}` : undefined,
      first: filter.after === undefined ? undefined : addressOf(id),
      total: total.members,
      searchable: total.members > PAGE || Object.values(query).join('') !== '',
      connections: total.connections,
      organization: `/console/organizations/${id}`,
      decides: role === 'owner',
      prove: session.proven ? undefined : stepUpPath(addressOf(id)),
      word: wordOf(organization),
    };
    await renderPage(reply, REQUIRED_FACTOR_PAGE, model, failure ? 400 : 200);
  }
}

const addressOf = (id: string) => `/console/organizations/${id}/second-factor`;

function filterOf({ q, connected, after }: Asked): LackingFilter {
  return {
    search: searchOf(q),
    connected: connected === 'on',
    after: fieldOf(after).slice(0, 254) || undefined,
  };
}

/** As it can be typed. */
const wordOf = ({ name }: OwnOrganization) => name.replace(/\s+/g, ' ');
const isNameOf = (organization: OwnOrganization, typed: unknown) => fieldOf(typed).trim() === wordOf(organization);
