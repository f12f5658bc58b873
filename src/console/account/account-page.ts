import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from '../../accounts/browser-sessions.js';
import { MIN_PASSWORD_LENGTH } from '../../accounts/passwords.js';
import { Clock } from '../../config/clock.js';
import { type AuditLine, AuditLog } from '../../database/repositories/audit-log.repository.js';
import { type ListedSession, type LiveSession, Sessions } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { type Text, text } from '../../texts/text.js';
import { auditPosition, type AuditRow, auditRow, writtenPosition } from '../audit-lines.js';
import { cursor, nextPage, positionOfSession } from '../../http/position.js';
import { Shells } from '../shells.js';
import { ACCOUNT_PAGE } from './account.pages.js';
import { deviceOf } from './device.js';

/** Of sessions on a page, beside the one it is seen in. */
const SESSIONS = 20;
const ACTIVITY = 10;
const HERE = '/console/account';

interface Shown {
  readonly notice?: Text | undefined;
  readonly failure?: Text;
  /** Where its lists are: `sessions` and `activity`. */
  readonly asked?: Readonly<Record<string, unknown>>;
}

/** The page that everything about one's own account comes back to. */
@Injectable()
export class AccountPage {
  constructor(
    private readonly shells: Shells,
    private readonly sessions: BrowserSessions,
    private readonly stored: Sessions,
    private readonly log: AuditLog,
    private readonly clock: Clock,
  ) {}

  async show(
    session: LiveSession,
    { notice, failure, asked = {} }: Shown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const now = this.clock.now();
    const after = positionOfSession(asked['sessions']);
    const own = await this.stored.listed(session.idHash);
    const others = await this.sessions.ofUser(session.userId, { limit: SESSIONS + 1, after, but: session.idHash });
    const before = auditPosition(asked['activity']);
    const activity = await this.log.ofPerson(session.userId, ACTIVITY + 1, before);
    const last = activity[ACTIVITY - 1]?.position;
    const older = last && new URLSearchParams({ ...cursor('sessions', after), activity: writtenPosition(last) });
    const stays = before && { activity: writtenPosition(before) };
    const more = nextPage(HERE, { ...stays }, others, SESSIONS, 'sessions');
    const model = {
      title: text('account.title'),
      shell,
      notice,
      failure,
      name: session.name,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      sessions: [
        ...own.map((one) => ({ ...sessionRow(one, now), current: true })),
        ...others.slice(0, SESSIONS).map((one) => ({ ...sessionRow(one, now), current: false })),
      ],
      others: others.length > 0,
      moreSessions: more && `${more}#sessions`,
      events: activity.slice(0, ACTIVITY).map((line) => activityRow(line, session, now)),
      older: activity.length > ACTIVITY && older ? `${HERE}?${older}#activity` : undefined,
      first: after || before ? HERE : undefined,
    };
    await renderPage(reply, ACCOUNT_PAGE, model, failure ? 400 : 200);
  }
}

const sessionRow = ({ id, userAgent, address, createdAt, lastSeenAt }: ListedSession, now: Date) => ({
  id,
  device: deviceOf(userAgent),
  address,
  since: moment(createdAt, now),
  seen: moment(lastSeenAt, now),
});

/**
 * An event as the person sees it: who else acted is an administrator to them, and where that one was is nobody's
 * business.
 */
function activityRow(line: AuditLine, { userId }: LiveSession, now: Date): AuditRow {
  const own = line.user_id === userId;
  const seen = { ...line, ...(line.concerns_id === userId && { concerns: null }) };
  return {
    ...auditRow(own || line.user_id === null ? seen : { ...seen, address: null }, now),
    ...(own && { person: text('audit.you') }),
    ...(!own && line.user_id !== null && { person: text('audit.administrator'), from: '–' }),
  };
}
