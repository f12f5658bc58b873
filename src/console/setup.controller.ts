import { Body, Controller, Get, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FirstOperator } from '../accounts/first-operator.service.js';
import { MIN_PASSWORD_LENGTH } from '../accounts/passwords.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { Csrf, CsrfGuard } from '../http/csrf.js';
import { renderPage } from '../http/page.js';
import { seeOther } from '../http/see-other.js';
import { Finding } from '../oauth/finding.js';
import { PageFailure } from '../http/page-failure.js';
import { type Text, text } from '../texts/text.js';
import { fieldOf } from './field.js';
import { SETUP_PAGE } from './console.pages.js';

type Details = Readonly<Record<'email' | 'password' | 'organization', string>>;

/** The first account of an empty server, by the one-time link its log shows. */
@Controller('console/setup')
export class SetupController {
  constructor(
    private readonly firstOperator: FirstOperator,
    private readonly logIn: BrowserLogIn,
    private readonly csrf: Csrf,
  ) {}

  @Get()
  async show(
    @Query('token') token: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const state = await this.firstOperator.check(token);
    if (state !== 'usable') throw refusal(state);
    await this.render(token, { email: '', password: '', organization: '' }, request, reply);
  }

  @Post()
  @UseGuards(CsrfGuard)
  async setUp(
    @Query('token') token: unknown,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const details = detailsOf(body);
    const redeemed = await this.firstOperator.redeem(token, details);
    if ('refused' in redeemed) throw refusal(redeemed.refused);
    if ('fault' in redeemed) return this.render(token, details, request, reply, redeemed.fault);
    await this.logIn.begin(redeemed.user, request, reply);
    await seeOther(reply, '/console?done=welcome');
  }

  private async render(
    token: unknown,
    { email, organization }: Details,
    request: FastifyRequest,
    reply: FastifyReply,
    failure?: Text,
  ): Promise<void> {
    const form = {
      action: `/console/setup?token=${encodeURIComponent(String(token))}`,
      csrf: this.csrf.token(request, reply),
    };
    await renderPage(
      reply,
      SETUP_PAGE,
      { title: text('setup.title'), form, email, organization, minPasswordLength: MIN_PASSWORD_LENGTH, failure },
      failure ? 400 : 200,
    );
  }
}

function detailsOf(body: unknown): Details {
  const { email, password, organization } = Object(body) as Record<string, unknown>;
  return { email: fieldOf(email), password: fieldOf(password), organization: fieldOf(organization) };
}

function refusal(state: 'expired' | 'invalid' | 'set up already'): PageFailure {
  if (state === 'set up already')
    return new PageFailure(410, 'setup.done', new Finding('link-usable', { setup_link: state }), {
      link: { label: text('setup.done-link'), href: '/console/login' },
    });
  const finding = new Finding('link-usable', { setup_link: state });
  return new PageFailure(state === 'expired' ? 410 : 400, `setup.${state}`, finding);
}
