import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Inviter } from '../../accounts/inviter.service.js';
import { Clock } from '../../config/clock.js';
import { Invitations } from '../../database/repositories/invitations.repository.js';
import { Memberships } from '../../database/repositories/memberships.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { pageLocale } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { Mailer } from '../../mail/mailer.service.js';
import { mayDecide, type Role, ROLES } from '../../oauth/role.js';
import { text } from '../../texts/text.js';
import { fieldOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { positionOf } from '../../http/position.js';
import { Shells } from '../shells.js';
import { MembersPage, membersPath } from './members-page.js';

/** Who belongs to an organization. Everybody there sees it; owners and admins decide. */
@Controller('console/organizations/:id')
@UseGuards(SessionGuard)
export class MembersController {
  constructor(
    private readonly shells: Shells,
    private readonly memberships: Memberships,
    private readonly invitations: Invitations,
    private readonly inviter: Inviter,
    private readonly mailer: Mailer,
    private readonly page: MembersPage,
    private readonly clock: Clock,
  ) {}

  @Get('members')
  async list(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() { done, q, after, invited }: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = {
      search: searchOf(q),
      after: fieldOf(after).slice(0, 254) || undefined,
      invited: positionOf(invited),
    };
    await this.page.show(
      session,
      await this.shells.own(session, id),
      { notice: noticeOf(done), filter },
      { request, reply },
    );
  }

  @Post('members')
  @UseGuards(CsrfGuard)
  async invite(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('email') value: unknown,
    @Body('role') roleField: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const http = { request, reply };
    const [email, role] = [fieldOf(value), roleOf(roleField)];
    if (!role) return this.page.show(session, organization, { email, failure: text('members.choose-role') }, http);
    if (!mayDecide(organization.role, role)) throw new NotFoundException();
    const inviting = { organization, role, userId: session.userId, person: session.email, locale: pageLocale(request) };
    const failure = await this.inviter.invite(email, inviting);
    if (failure) return this.page.show(session, organization, { email, failure }, http);
    const done = this.mailer.delivers ? 'invited' : 'invited-without-mail';
    await seeOther(reply, `${membersPath(id)}?done=${done}`);
  }

  @Post('invitations/:invitationId/revoke')
  @UseGuards(CsrfGuard)
  async revoke(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('invitationId') invitationId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { role } = await this.shells.governed(session, id);
    const invitation = { id: invitationId, organizationId: id, by: session.userId };
    const done = await this.invitations.revoke(invitation, (offered) => mayDecide(role, offered), this.clock.now());
    if (!done) throw new NotFoundException();
    await seeOther(reply, `${membersPath(id)}?done=invitation-revoked`);
  }

  /** Whoever gives up a role of their own cannot take it back, and is asked first. Nobody else has such a page. */
  @Get('members/:userId/role')
  async askOfOwnRole(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('userId') userId: string,
    @Query('role') roleField: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const role = roleOf(roleField);
    if (userId !== session.userId || !role || !mayDecide(organization.role, role)) throw new NotFoundException();
    const back = membersPath(id);
    if (role === organization.role) return void (await seeOther(reply, back));
    const question = {
      title: text('members.own-role-title'),
      what: text('members.own-role-what', { organization: organization.name, role: text(`role.${role}`) }),
      word: undefined,
      ends: true,
      action: `${back}/${userId}/role`,
      hidden: [{ name: 'role', value: role }],
      submit: text('members.role-save'),
      back,
    };
    await this.page.ask(question, session, organization, { request, reply });
  }

  @Post('members/:userId/role')
  @UseGuards(CsrfGuard)
  async setRole(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('userId') userId: string,
    @Body('role') roleField: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const http = { request, reply };
    const role = roleOf(roleField);
    if (!role) return this.page.show(session, organization, { failure: text('members.choose-role') }, http);
    if (!mayDecide(organization.role, role)) throw new NotFoundException();
    const change = { organizationId: id, userId, role, by: session.userId };
    const allows = (actor: Role, was: Role) => mayDecide(actor, was) && mayDecide(actor, role);
    const outcome = await this.memberships.setRole(change, allows, this.clock.now());
    await this.page.answer(outcome, 'member-changed', session, organization, http);
  }
}

const roleOf = (value: unknown): Role | undefined => ROLES.find((role) => role === value);
