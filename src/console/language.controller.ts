import { Controller, Get, NotFoundException, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Users } from '../database/repositories/users.repository.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { LOCALE_COOKIE } from '../http/page.js';
import { pagePath } from './return-path.js';
import { seeOther } from '../http/see-other.js';
import { isLocale } from '../texts/locale.js';

const A_YEAR = 31_536_000;

/** Chooses the language of the pages, in this browser, and goes back to the page the link was on. */
@Controller('language')
export class LanguageController {
  constructor(
    private readonly config: Config,
    private readonly users: Users,
    private readonly logIn: BrowserLogIn,
    private readonly clock: Clock,
  ) {}

  @Get(':locale')
  async choose(
    @Param('locale') locale: string,
    @Query('back') back: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!isLocale(locale)) throw new NotFoundException();
    const secure = this.config.secureCookies;
    reply.setCookie(LOCALE_COOKIE, locale, { path: '/', maxAge: A_YEAR, httpOnly: true, sameSite: 'lax', secure });
    // Their mails are in it too; but the link of another site is not their choice.
    const session = isFromElsewhere(request) ? undefined : await this.logIn.find(request);
    if (session) await this.users.setLocale(session.userId, locale, this.clock.now());
    await seeOther(reply, pagePath(back) ?? '/console');
  }
}

const isFromElsewhere = ({ headers }: FastifyRequest): boolean =>
  ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
