import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Inviter } from '../../accounts/inviter.service.js';
import { Clock } from '../../config/clock.js';
import { Invitations } from '../../database/repositories/invitations.repository.js';
import type { Position } from '../../database/repositories/keyset.sql.js';
import { type Member, Memberships } from '../../database/repositories/memberships.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { pageLocale, renderPage } from '../../http/page.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { Mailer } from '../../mail/mailer.service.js';
import { ADMINISTRATORS, mayDecide, type Role, ROLES } from '../../oauth/role.js';
import { type Text, text } from '../../texts/text.js';
import { choices } from '../choices.js';
import { CONFIRMATION_PAGE, type Question } from '../confirmation.pages.js';
import { fieldOf, searchOf } from '../field.js';
import { Id } from '../id.js';
import { noticeOf } from '../notices.js';
import { cursor, nextPage, positionOf } from '../../http/position.js';
import { Shells } from '../shells.js';
import { MEMBERS_PAGE, type RoleChoice } from './members.pages.js';

const PAGE = 50;

interface MemberFilter {
  readonly search: string;
  readonly after: string | undefined;
  /** Where the page before ended, of invitations. */
  readonly invited: Position | undefined;
}
const EVERYBODY: MemberFilter = { search: '', after: undefined, invited: undefined };

interface Shown {
  readonly notice?: Text | undefined;
  readonly failure?: Text;
  /** What was typed as the address of somebody to invite. */
  readonly email?: string;
  readonly filter?: MemberFilter;
}

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
    await this.render(session, await this.shells.own(session, id), { notice: noticeOf(done), filter }, request, reply);
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
    const [email, role] = [fieldOf(value), roleOf(roleField)];
    if (!role)
      return this.render(session, organization, { email, failure: text('members.choose-role') }, request, reply);
    if (!mayDecide(organization.role, role)) throw new NotFoundException();
    const inviting = { organization, role, userId: session.userId, person: session.email, locale: pageLocale(request) };
    const failure = await this.inviter.invite(email, inviting);
    if (failure) return this.render(session, organization, { email, failure }, request, reply);
    const done = this.mailer.delivers ? 'invited' : 'invited-without-mail';
    await reply.redirect(`/console/organizations/${id}/members?done=${done}`, 303);
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
    await reply.redirect(`/console/organizations/${id}/members?done=invitation-revoked`, 303);
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
    const role = roleOf(roleField);
    if (!role) return this.render(session, organization, { failure: text('members.choose-role') }, request, reply);
    if (!mayDecide(organization.role, role)) throw new NotFoundException();
    const change = { organizationId: id, userId, role, by: session.userId };
    const allows = (actor: Role, was: Role) => mayDecide(actor, was) && mayDecide(actor, role);
    const outcome = await this.memberships.setRole(change, allows, this.clock.now());
    await this.answer(outcome, 'member-changed', session, organization, request, reply);
  }

  @Get('members/:userId/remove')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('userId') userId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.own(session, id);
    const question = await this.removal(session, organization, userId);
    await this.askIfMeant(question, session, organization, request, reply);
  }

  /** Somebody else, or oneself: everybody may leave. Field "confirm": their address, or the name of the organization that is left. */
  @Post('members/:userId/remove')
  @UseGuards(CsrfGuard)
  async remove(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('userId') userId: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const you = userId === session.userId;
    const organization = await (you ? this.shells.own(session, id) : this.shells.governed(session, id));
    const question = await this.removal(session, organization, userId);
    if (fieldOf(typed).trim() !== question.word)
      return this.askIfMeant(question, session, organization, request, reply, text('confirm.wrong'));
    const allows = (actor: Role, was: Role) => you || mayDecide(actor, was);
    const removal = { organizationId: id, userId, by: session.userId };
    const outcome = await this.memberships.remove(removal, allows, this.clock.now());
    if (outcome === 'done' && you) return void (await reply.redirect('/console/organizations?done=left', 303));
    await this.answer(outcome, 'member-removed', session, organization, request, reply);
  }

  private async answer(
    outcome: Awaited<ReturnType<Memberships['remove']>>,
    done: string,
    session: LiveSession,
    organization: OwnOrganization,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (outcome === 'not a member') throw new NotFoundException();
    if (outcome === 'done')
      return void (await reply.redirect(`/console/organizations/${organization.id}/members?done=${done}`, 303));
    const failure = text(outcome === 'last owner' ? 'members.last-owner' : 'members.not-allowed');
    await this.render(session, organization, { failure }, request, reply);
  }

  /** Throws `NotFoundException` when there is nobody to be removed by them. */
  private async removal(session: LiveSession, organization: OwnOrganization, userId: string): Promise<Question> {
    const { id, name } = organization;
    const member = await this.memberships.find(id, userId, this.clock.now());
    if (!member || !this.mayRemove(session, organization, member)) throw new NotFoundException();
    const { email } = member;
    const there = `/console/organizations/${id}/members`;
    return {
      action: `${there}/${userId}/remove`,
      back: there,
      ...(userId === session.userId
        ? {
            title: text('members.leave-title', { organization: name }),
            what: text('members.leave-what', { organization: name }),
            word: name,
            submit: text('members.leave'),
          }
        : {
            title: text('members.remove-title'),
            what: text('members.remove-what', { email, organization: name }),
            word: email,
            submit: text('members.remove'),
          }),
    };
  }

  private async askIfMeant(
    question: Question,
    session: LiveSession,
    organization: OwnOrganization,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const shell = await this.shells.ofOrganization('members', organization, session, { request, reply });
    await renderPage(reply, CONFIRMATION_PAGE, { ...question, shell, notice: undefined, failure }, failure ? 400 : 200);
  }

  private mayRemove({ userId }: LiveSession, { role }: OwnOrganization, member: Member): boolean {
    return member.userId === userId || mayDecide(role, member.role);
  }

  private async render(
    session: LiveSession,
    organization: OwnOrganization,
    { notice, failure, email = '', filter = EVERYBODY }: Shown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const shell = await this.shells.ofOrganization('members', organization, session, { request, reply });
    const now = this.clock.now();
    const decides = ADMINISTRATORS.includes(organization.role);
    const found = await this.memberships.list(organization.id, filter, PAGE + 1, now);
    const page = found.slice(0, PAGE);
    const here = `/console/organizations/${organization.id}/members`;
    const { invited } = filter;
    const next = new URLSearchParams({
      q: filter.search,
      after: page.at(-1)?.email ?? '',
      ...cursor('invited', invited),
    });
    const members = page.map((member) => ({
      userId: member.userId,
      name: member.name,
      email: member.email,
      role: text(`role.${member.role}`),
      connections: member.connections,
      since: moment(member.since, now),
      you: member.userId === session.userId,
      roles: mayDecide(organization.role, member.role) ? rolesFor(organization.role, member.role) : undefined,
      removable: this.mayRemove(session, organization, member),
    }));
    const invitations = decides
      ? await this.invitations.open(organization.id, { limit: PAGE + 1, after: invited, at: now })
      : [];
    const shown = { q: filter.search, ...(filter.after !== undefined && { after: filter.after }) };
    const model = {
      title: text('members.title', { organization: organization.name }),
      shell,
      notice,
      failure,
      organization,
      members,
      here,
      search: filter.search,
      searchable: filter.search !== '' || filter.after !== undefined || found.length > PAGE,
      more: found.length > PAGE ? `${here}?${next}` : undefined,
      invitations: invitations.slice(0, PAGE).map((one) => ({
        id: one.id,
        email: one.email,
        role: text(`role.${one.role}`),
        until: moment(one.expiresAt, now),
      })),
      moreInvitations: nextPage(here, shown, invitations, PAGE, 'invited'),
      first: filter.after !== undefined || invited ? here : undefined,
      grantable: decides ? rolesFor(organization.role, 'member') : [],
      email: email.slice(0, 254),
    };
    await renderPage(reply, MEMBERS_PAGE, model, failure ? 400 : 200);
  }
}

const roleOf = (value: unknown): Role | undefined => ROLES.find((role) => role === value);

const rolesFor = (actor: Role, selected: Role): RoleChoice[] =>
  choices(
    ROLES.filter((role) => mayDecide(actor, role)),
    selected,
    (role) => text(`role.${role}`),
  );
