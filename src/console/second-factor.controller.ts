import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../database/entities/user.entity.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { Csrf, CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { PasskeyForms } from '../http/passkey-form.js';
import { SECOND_FACTOR_PAGE, SecondStep } from '../http/second-step.js';
import { seeOther } from '../http/see-other.js';
import { type Text, text } from '../texts/text.js';
import { returnPath } from './return-path.js';

/** After the password, for whoever has a second factor. `person`: who is half way in. */
@Controller('console/login/second-factor')
export class SecondFactorController {
  constructor(
    private readonly step: SecondStep,
    private readonly logIn: BrowserLogIn,
    private readonly passkeys: PasskeyForms,
    private readonly csrf: Csrf,
  ) {}

  @Get()
  async show(
    @Query('person') person: unknown,
    @Query('return') back: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(await this.open(person, back, request), { person, back }, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async enter(
    @Query('person') person: unknown,
    @Query('return') back: unknown,
    @Body('code') code: unknown,
    @Body('passkey') passkey: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const user = await this.open(person, back, request);
    const proof = await this.step.prove({ userId: user.id, email: user.email }, { code, passkey }, request, reply);
    if ('failure' in proof) return this.render(user, { person, back, ...proof }, request, reply);
    await this.logIn.begin(user, request, reply, proof.by);
    await seeOther(reply, returnPath(back));
  }

  private open(person: unknown, back: unknown, request: FastifyRequest): Promise<User> {
    return this.step.open(person, request, loginPath(back));
  }

  private async render(
    { id: userId, email }: User,
    { person, back, failure, status }: { person: unknown; back: unknown; failure?: Text; status?: number },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const action = secondFactorPath(String(person), back);
    const model = {
      title: text('second.title'),
      person: email,
      form: { action, csrf: this.csrf.token(request, reply) },
      passkey: await this.passkeys.make({ action, page: action, userId }, request, reply),
      failure,
      again: loginPath(back),
    };
    await renderPage(reply, SECOND_FACTOR_PAGE, model, status);
  }
}

/** Where somebody proves the second factor, and goes on from. */
export function secondFactorPath(person: string, back: unknown): string {
  return `/console/login/second-factor?${new URLSearchParams({ person, return: returnPath(back) })}`;
}

/** Where somebody logs in, and goes on from. */
export function loginPath(back: unknown): string {
  const path = returnPath(back);
  return path === '/console' ? '/console/login' : `/console/login?return=${encodeURIComponent(path)}`;
}
