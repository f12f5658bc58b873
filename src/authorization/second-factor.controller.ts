import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PATHS } from '../config/paths.js';
import type { User } from '../database/entities/user.entity.js';
import { Csrf, CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { PasskeyForms } from '../http/passkey-form.js';
import { SECOND_FACTOR_PAGE, SecondStep } from '../http/second-step.js';
import { seeOther } from '../http/see-other.js';
import { type Text, text } from '../texts/text.js';
import { Entries, type Entry } from './entries.js';

/** After the password, for whoever has a second factor. `person`: who is half way in. */
@Controller(`${PATHS.authorization}/second-factor`)
export class SecondFactorController {
  constructor(
    private readonly entries: Entries,
    private readonly step: SecondStep,
    private readonly passkeys: PasskeyForms,
    private readonly csrf: Csrf,
  ) {}

  @Get()
  async show(
    @Query('person') person: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const entry = await this.entries.of(request, reply);
    const user = await this.step.open(person, request, entry.login);
    await this.render(entry, user, String(person), {}, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async enter(
    @Query('person') person: unknown,
    @Body('code') code: unknown,
    @Body('passkey') passkey: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const entry = await this.entries.of(request, reply);
    const user = await this.step.open(person, request, entry.login);
    const proof = await this.step.prove({ userId: user.id, email: user.email }, { code, passkey }, request, reply);
    if ('failure' in proof) return this.render(entry, user, String(person), proof, request, reply);
    const respondent = await this.entries.enter(user, proof.by, request, reply);
    await seeOther(reply, entry.next(respondent));
  }

  private async render(
    { login, secondFactor }: Entry,
    { id: userId, email }: User,
    person: string,
    { failure, status }: { failure?: Text; status?: number },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const action = secondFactor(person);
    const model = {
      title: text('second.title'),
      person: email,
      form: { action, csrf: this.csrf.token(request, reply) },
      passkey: await this.passkeys.make({ action, page: action, userId }, request, reply),
      failure,
      again: login,
    };
    await renderPage(reply, SECOND_FACTOR_PAGE, model, status);
  }
}
