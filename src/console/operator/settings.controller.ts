import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { Shells } from '../shells.js';
import { settingsOf } from './settings.js';
import { SETTINGS_PAGE } from './settings.pages.js';

/** What this node runs with. Nothing is changed here: it was read when the node started. */
@Controller('console/operator/settings')
@UseGuards(OperatorGuard)
export class SettingsController {
  constructor(
    private readonly shells: Shells,
    private readonly config: Config,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await renderPage(reply, SETTINGS_PAGE, {
      title: text('nav.settings'),
      shell: await this.shells.ofOperator('settings', session, { request, reply }),
      notice: undefined,
      settings: settingsOf(this.config),
    });
  }
}
