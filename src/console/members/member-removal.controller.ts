import { Body, Controller, Get, NotFoundException, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { Memberships } from '../../database/repositories/memberships.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { mayDecide, type Role } from '../../oauth/role.js';
import { text } from '../../texts/text.js';
import type { Question } from '../confirmation.pages.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { mayRemove, MembersPage, membersPath } from './members-page.js';

/** Somebody leaves an organization, or is removed from it; it is asked first whether that is meant. */
@Controller('console/organizations/:id/members/:userId/remove')
@UseGuards(SessionGuard)
export class MemberRemovalController {
  constructor(
    private readonly shells: Shells,
    private readonly memberships: Memberships,
    private readonly page: MembersPage,
    private readonly clock: Clock,
  ) {}

  @Get()
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('userId') userId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.own(session, id);
    const question = await this.removal(session, organization, userId);
    await this.page.ask(question, session, organization, { request, reply });
  }

  /**
   * Somebody else, or oneself: everybody may leave. Field "confirm": their address, or the name of the organization
   * that is left.
   */
  @Post()
  @UseGuards(CsrfGuard)
  async remove(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Id('userId') userId: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const http = { request, reply };
    const you = userId === session.userId;
    const organization = await (you ? this.shells.own(session, id) : this.shells.governed(session, id));
    const question = await this.removal(session, organization, userId);
    if (fieldOf(typed).trim() !== question.word)
      return this.page.ask(question, session, organization, http, text('confirm.wrong'));
    const allows = (actor: Role, was: Role) => you || mayDecide(actor, was);
    const removal = { organizationId: id, userId, by: session.userId };
    const outcome = await this.memberships.remove(removal, allows, this.clock.now());
    if (outcome === 'done' && you) return void (await seeOther(reply, '/console/organizations?done=left'));
    await this.page.answer(outcome, 'member-removed', session, organization, http);
  }

  /** Throws `NotFoundException` when there is nobody to be removed by them. */
  private async removal(session: LiveSession, organization: OwnOrganization, userId: string): Promise<Question> {
    const { id, name } = organization;
    const member = await this.memberships.find(id, userId, this.clock.now());
    if (!member || !mayRemove(session, organization, member)) throw new NotFoundException();
    const { email } = member;
    const there = membersPath(id);
    return {
      action: `${there}/${userId}/remove`,
      back: there,
      ends: true,
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
}
