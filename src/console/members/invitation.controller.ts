import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Inviter } from '../../accounts/inviter.service.js';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import { SignUp } from '../../accounts/sign-up.service.js';
import { Clock } from '../../config/clock.js';
import type { Invitation } from '../../database/entities/invitation.entity.js';
import { Invitations } from '../../database/repositories/invitations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Users } from '../../database/repositories/users.repository.js';
import { BrowserLogIn } from '../../http/browser-log-in.js';
import { Csrf, CsrfGuard } from '../../http/csrf.js';
import { pageLocale, renderPage } from '../../http/page.js';
import { PageFailure } from '../../http/page-failure.js';
import { seeOther } from '../../http/see-other.js';
import { Finding } from '../../oauth/finding.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { membersPath } from './members-page.js';
import { INVITATION_PAGE } from './members.pages.js';

/**
 * What an invitation leads to: joining, after logging in or making the account it is for. Its link proves the address.
 */
@Controller('console/invitation')
export class InvitationController {
  constructor(
    private readonly inviter: Inviter,
    private readonly invitations: Invitations,
    private readonly users: Users,
    private readonly signUp: SignUp,
    private readonly logIn: BrowserLogIn,
    private readonly csrf: Csrf,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @Query('token') token: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const invitation = await this.open(token);
    await this.render(token, invitation, { name: '' }, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async accept(
    @Query('token') token: unknown,
    @Body('name') nameField: unknown,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const invitation = await this.open(token);
    const session = await this.session(request, invitation);
    if (session) return this.join(invitation, session, reply);
    this.refuseWhenClosed();
    const name = fieldOf(nameField);
    const details = { name, password: fieldOf(password), locale: pageLocale(request) };
    const finished = await this.signUp.finish(invitation.email, details);
    // Somebody made the account meanwhile: they log in with it.
    if (finished === 'taken') return this.render(token, invitation, { name }, request, reply);
    if ('fault' in finished) return this.render(token, invitation, { name, failure: finished.fault }, request, reply);
    await this.logIn.begin(finished.user, request, reply);
    await this.join(invitation, { userId: finished.user.id, email: invitation.email }, reply);
  }

  private async join(
    { id, organizationId }: Invitation,
    { userId, email }: Pick<LiveSession, 'userId' | 'email'>,
    reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.invitations.accept(id, { userId, email }, this.clock.now()))) throw gone();
    await seeOther(reply, `${membersPath(organizationId)}?done=joined`);
  }

  private refuseWhenClosed(): void {
    if (!this.signUp.isOpenToInvited) throw new PageFailure(403, 'sign-up.closed', new Finding('sign-up-open'));
  }

  private async open(token: unknown): Promise<Invitation> {
    const invitation = await this.inviter.open(token);
    if (!invitation) throw gone();
    return invitation;
  }

  /** Who is logged in, if it is the one who is invited. Throws `PageFailure` for anybody else. */
  private async session(request: FastifyRequest, { email }: Invitation): Promise<LiveSession | undefined> {
    const session = await this.logIn.find(request);
    if (session && session.email !== email)
      throw new PageFailure(400, 'invitation.other', new Finding('link-of-this-person', { for: email }), {
        link: { label: text('nav.console'), href: '/console' },
      });
    return session;
  }

  private async render(
    token: unknown,
    invitation: Invitation,
    { name, failure }: { name: string; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const action = `/console/invitation?token=${encodeURIComponent(String(token))}`;
    const session = await this.session(request, invitation);
    const known = session ?? (await this.users.findByEmail(invitation.email));
    if (!known) this.refuseWhenClosed();
    const model = {
      title: text('invitation.title'),
      organization: invitation.organization.name,
      role: text(`role.${invitation.role}`),
      email: invitation.email,
      loggedIn: session !== undefined,
      login: known && !session ? `/console/login?return=${encodeURIComponent(action)}` : undefined,
      form: { action, csrf: this.csrf.token(request, reply) },
      name: name.slice(0, 100),
      minPasswordLength: MIN_PASSWORD_LENGTH,
      failure,
    };
    await renderPage(reply, INVITATION_PAGE, model, failure ? 400 : 200);
  }
}

function gone(): PageFailure {
  return new PageFailure(400, 'invitation.gone', new Finding('link-usable'));
}
