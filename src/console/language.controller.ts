import { Controller, Get, NotFoundException, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../config/config.js';
import { LOCALE_COOKIE } from '../http/page.js';
import { isLocale } from '../texts/locale.js';

const A_YEAR = 31_536_000;

/** Chooses the language of the pages, in this browser, and goes back to the page the link was on. */
@Controller('language')
export class LanguageController {
  constructor(private readonly config: Config) {}

  @Get(':locale')
  async choose(
    @Param('locale') locale: string,
    @Query('back') back: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!isLocale(locale)) throw new NotFoundException();
    const secure = this.config.secureCookies;
    reply.setCookie(LOCALE_COOKIE, locale, { path: '/', maxAge: A_YEAR, httpOnly: true, sameSite: 'lax', secure });
    await reply.header('Cache-Control', 'no-store').redirect(pageOf(back), 303);
  }
}

/** A page of this server, whatever the link said. */
function pageOf(back: unknown): string {
  return typeof back === 'string' && /^\/(?:console|mcp\/oauth\/authorize)(?:[/?][\x21-\x5b\x5d-\x7e]*)?$/.test(back)
    ? back
    : '/console';
}
