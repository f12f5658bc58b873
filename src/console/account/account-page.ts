import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from '../../accounts/browser-sessions.js';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import { Clock } from '../../config/clock.js';
import { type AuditLine, AuditLog } from '../../database/repositories/audit-log.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { type Text, text } from '../../texts/text.js';
import { type AuditRow, auditRow } from '../audit-lines.js';
import { Shells } from '../shells.js';
import { ACCOUNT_PAGE } from './account.pages.js';
import { deviceOf } from './device.js';

const ACTIVITY = 10;

/** The page that everything about one's own account comes back to. */
@Injectable()
export class AccountPage {
  constructor(
    private readonly shells: Shells,
    private readonly sessions: BrowserSessions,
    private readonly log: AuditLog,
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
      activity: (await this.log.ofPerson(session.userId, ACTIVITY)).map((line) => activityRow(line, session, now)),
    };
    await renderPage(reply, ACCOUNT_PAGE, model, failure ? 400 : 200);
  }
}

/** An event as the person sees it: who else acted is an administrator to them, and where that one was is nobody's business. */
function activityRow(line: AuditLine, { userId }: LiveSession, now: Date): AuditRow {
  const own = line.user_id === userId;
  const seen = { ...line, ...(line.concerns_id === userId && { concerns: null }) };
  return {
    ...auditRow(own || line.user_id === null ? seen : { ...seen, address: null }, now),
    ...(own && { person: text('audit.you') }),
    ...(!own && line.user_id !== null && { person: text('audit.administrator'), from: '–' }),
  };
}
