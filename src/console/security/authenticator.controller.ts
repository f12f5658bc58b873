import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { renderSVG } from 'uqr';
import { SecondFactors } from '../../accounts/second-factors.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { type Text, text } from '../../texts/text.js';
import { selfOf } from '../account/self.js';
import { fieldOf } from '../field.js';
import { Shells } from '../shells.js';
import { APP_SETUP_PAGE } from './security.pages.js';
import { SecurityPages } from './security-pages.js';

/** An app that shows codes: set up, and turned off. */
@Controller('console/account/security/authenticator')
@UseGuards(SessionGuard)
export class AuthenticatorController {
  constructor(
    private readonly shells: Shells,
    private readonly pages: SecurityPages,
    private readonly factors: SecondFactors,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Query('return') back: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(session, { back }, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async confirm(
    @CurrentSession() session: LiveSession,
    @Query('return') back: unknown,
    @Body('setup') setupField: unknown,
    @Body('code') code: unknown,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    const setup = fieldOf(setupField);
    const changed = await this.factors.addApp(self, { password: fieldOf(password), setup, code: fieldOf(code) });
    if (!('recoveryCodes' in changed)) return this.render(session, { back, setup, failure: changed }, request, reply);
    await this.pages.added(session, { ...changed, by: 'authenticator', done: 'factor-added', back }, request, reply);
  }

  @Post('remove')
  @UseGuards(CsrfGuard)
  async remove(
    @CurrentSession() session: LiveSession,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    const failure = await this.factors.removeApp(self, fieldOf(password));
    if (failure) return this.pages.show(session, { failure }, request, reply);
    await seeOther(reply, '/console/account/security?done=factor-removed');
  }

  private async render(
    session: LiveSession,
    { back, setup: sealed, failure }: { back: unknown; setup?: string; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const setup = this.factors.setUp(selfOf(session, request), sealed);
    const { shell } = await this.shells.make('account', session, { request, reply });
    const model = {
      title: text('security.app-set-up'),
      shell,
      notice: undefined,
      failure,
      picture: pictureOf(setup.uri),
      typed: setup.typed,
      setup: setup.sealed,
      action: this.pages.path('/authenticator', back),
    };
    await renderPage(reply, APP_SETUP_PAGE, model, failure ? 400 : 200);
  }
}

/** Dark on light in every look of the page: cameras expect it. */
function pictureOf(content: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(renderSVG(content, { ecc: 'M', border: 3 })).toString('base64')}`;
}
