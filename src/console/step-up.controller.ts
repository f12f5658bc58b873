import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Organizations } from '../database/repositories/organizations.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { PasskeyForms } from '../http/passkey-form.js';
import { SecondStep } from '../http/second-step.js';
import { seeOther } from '../http/see-other.js';
import { CurrentSession, SessionGuard } from '../http/session.guard.js';
import { stepUpPath } from '../http/step-up-first.js';
import { isUuid } from '../http/uuid.js';
import { type Text, text } from '../texts/text.js';
import { STEP_UP_PAGE } from './security/security.pages.js';
import { pagePath } from './return-path.js';
import { Shells } from './shells.js';

/** Where to go on, and which organization requires it. */
interface Asked {
  readonly return?: unknown;
  readonly organization?: unknown;
}

/** Somebody who is logged in proves a second factor in this session, or is led to set one up, and goes on. */
@Controller('console/step-up')
@UseGuards(SessionGuard)
export class StepUpController {
  constructor(
    private readonly shells: Shells,
    private readonly organizations: Organizations,
    private readonly step: SecondStep,
    private readonly logIn: BrowserLogIn,
    private readonly passkeys: PasskeyForms,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Query() { return: back, organization }: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (session.proven) return void (await seeOther(reply, pagePath(back) ?? '/console'));
    await this.render(session, { back, organization }, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async prove(
    @CurrentSession() session: LiveSession,
    @Query() { return: back, organization }: Asked,
    @Body('code') code: unknown,
    @Body('passkey') passkey: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const proof = await this.step.prove(session, { code, passkey }, request, reply);
    if ('failure' in proof) return this.render(session, { back, organization, ...proof }, request, reply);
    await this.logIn.prove(session, proof.by, request, reply);
    await seeOther(reply, pagePath(back) ?? '/console');
  }

  private async render(
    session: LiveSession,
    { back, organization, failure, status }: { back: unknown; organization: unknown; failure?: Text; status?: number },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const requiring = isUuid(organization) ? await this.organizations.ownOf(session.userId, organization) : undefined;
    const next = pagePath(back) ?? '/console';
    const action = stepUpPath(next, requiring?.id);
    const model = {
      title: text('step-up.title'),
      shell,
      notice: undefined,
      organization: requiring?.name,
      provable: session.provable,
      action,
      passkey: await this.passkeys.make({ action, page: action, userId: session.userId }, request, reply),
      setUp: `/console/account/security?${new URLSearchParams({ return: next })}`,
      failure,
    };
    await renderPage(reply, STEP_UP_PAGE, model, status);
  }
}
