import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Passkeys } from '../../accounts/passkeys.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Cookies } from '../../http/cookies.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { type Text, text } from '../../texts/text.js';
import { selfOf } from '../account/self.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { NEW_PASSKEY_PAGE } from './security.pages.js';
import { SecurityPages } from './security-pages.js';

/** Passkeys: made, named, and removed. */
@Controller('console/account/security/passkeys')
@UseGuards(SessionGuard)
export class PasskeysController {
  constructor(
    private readonly shells: Shells,
    private readonly pages: SecurityPages,
    private readonly passkeys: Passkeys,
    private readonly cookies: Cookies,
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
  async add(
    @CurrentSession() session: LiveSession,
    @Query('return') back: unknown,
    @Body('name') nameField: unknown,
    @Body('password') password: unknown,
    @Body('passkey') answer: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    const [name, browser] = [fieldOf(nameField), this.cookies.browser(request, reply)];
    const changed = await this.passkeys.add(self, browser, {
      name,
      password: fieldOf(password),
      answer: fieldOf(answer),
    });
    if (!('recoveryCodes' in changed)) return this.render(session, { back, name, failure: changed }, request, reply);
    await this.pages.added(session, { ...changed, by: 'passkey', done: 'passkey-added', back }, request, reply);
  }

  @Post(':id/rename')
  @UseGuards(CsrfGuard)
  async rename(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('name') name: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const done = await this.passkeys.rename(selfOf(session, request), id, fieldOf(name));
    await this.answer(done, 'passkey-renamed', session, request, reply);
  }

  @Post(':id/remove')
  @UseGuards(CsrfGuard)
  async remove(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Body('password') password: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    if (!(await this.pages.hasPasskey(session, id))) throw new NotFoundException();
    const done = await this.passkeys.remove(self, id, fieldOf(password));
    await this.answer(done, 'passkey-removed', session, request, reply);
  }

  private async answer(
    outcome: Text | boolean,
    done: string,
    session: LiveSession,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (outcome === false) throw new NotFoundException();
    if (outcome !== true) return this.pages.show(session, { failure: outcome }, request, reply);
    await seeOther(reply, `/console/account/security?done=${done}`);
  }

  private async render(
    session: LiveSession,
    { back, name = '', failure }: { back: unknown; name?: string; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const self = selfOf(session, request);
    const { shell } = await this.shells.make('account', session, { request, reply });
    const model = {
      title: text('passkey.new-title'),
      shell,
      notice: undefined,
      failure,
      name: name.slice(0, 100),
      options: await this.passkeys.askForNew(self, this.cookies.browser(request, reply)),
      action: this.pages.path('/passkeys', back),
    };
    await renderPage(reply, NEW_PASSKEY_PAGE, model, failure ? 400 : 200);
  }
}
