import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from '../../accounts/browser-sessions.js';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import { Clock } from '../../config/clock.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { type Text, text } from '../../texts/text.js';
import { Shells } from '../shells.js';
import { ACCOUNT_PAGE } from './account.pages.js';
import { deviceOf } from './device.js';

/** The page that everything about one's own account comes back to. */
@Injectable()
export class AccountPage {
  constructor(
    private readonly shells: Shells,
    private readonly sessions: BrowserSessions,
    private readonly clock: Clock,
  ) {}

  async show(
    session: LiveSession,
    { notice, failure }: { notice?: Text; failure?: Text },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const now = this.clock.now();
    const sessions = (await this.sessions.ofUser(session.userId)).map((one) => ({
      id: one.idHash.toString('hex'),
      device: deviceOf(one.userAgent),
      address: one.address,
      since: moment(one.createdAt, now),
      seen: moment(one.lastSeenAt, now),
      current: one.idHash.equals(session.idHash),
    }));
    const model = {
      title: text('account.title'),
      shell,
      notice,
      failure,
      name: session.name,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      sessions,
      others: sessions.length > 1,
    };
    await renderPage(reply, ACCOUNT_PAGE, model, failure ? 400 : 200);
  }
}
