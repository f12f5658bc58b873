import { Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { moment } from '../../http/moment.js';
import { pageLocale, renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { Mailer } from '../../mail/mailer.service.js';
import { MAIL_STATES, Outbox, type OutboxEntry } from '../../mail/outbox.js';
import { ownText, type Text, text } from '../../texts/text.js';
import { filterChoices } from '../choices.js';
import { fieldOf } from '../field.js';
import { noticeOf } from '../notices.js';
import { Shells } from '../shells.js';
import { OUTBOX_PAGE } from './operator.pages.js';

const OUTBOX = '/console/operator/outbox';
const PAGE = 20;

type Asked = Readonly<Record<string, unknown>>;

/** The last mails of this node, for operators: what became of them, and the links they have to hand over themselves. */
@Controller('console/operator/outbox')
@UseGuards(OperatorGuard)
export class OutboxController {
  constructor(
    private readonly shells: Shells,
    private readonly outbox: Outbox,
    private readonly mailer: Mailer,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Query() asked: Asked,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.render(asked, { session, request, reply });
  }

  /** To the operator who asks, so that it can be sent to nobody who did not. */
  @Post('test')
  @UseGuards(CsrfGuard)
  async test(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!this.mailer.delivers) throw new NotFoundException();
    const { state, reason } = await this.mailer.sendNow({
      to: session.email,
      locale: pageLocale(request),
      subject: text('mail.test'),
      lead: text('mail.test-lead', { origin: this.config.origin }),
      note: text('mail.test-note'),
    });
    if (state === 'sent') return void (await seeOther(reply, `${OUTBOX}?done=test-mail-sent`));
    const failure = reason === undefined ? text('outbox.test-slow') : text('outbox.test-failed', { reason });
    await this.render({}, { session, request, reply }, failure);
  }

  private async render(
    asked: Asked,
    { session, request, reply }: { session: LiveSession; request: FastifyRequest; reply: FastifyReply },
    failure?: Text,
  ): Promise<void> {
    const now = this.clock.now();
    const all = this.outbox.list();
    const to = fieldOf(asked['to']).trim().toLowerCase().slice(0, 254);
    const kinds = [...new Set(all.map(kindOf))].toSorted();
    const kind = kinds.find((one) => one === asked['kind']);
    const state = MAIL_STATES.find((one) => one === asked['state']);
    const before = /^\d{1,15}$/.test(fieldOf(asked['before'])) ? Number(asked['before']) : undefined;
    const found = all.filter(
      (entry) =>
        entry.mail.to.includes(to) &&
        (!kind || kindOf(entry) === kind) &&
        (!state || entry.state === state) &&
        (before === undefined || entry.number < before),
    );
    const page = found.slice(0, PAGE);
    const query = { to, kind: kind ?? '', state: state ?? '' };
    const more = new URLSearchParams({ ...query, before: String(page.at(-1)?.number) });
    await renderPage(reply, OUTBOX_PAGE, {
      title: text('outbox.title'),
      shell: await this.shells.ofOperator('outbox', session, { request, reply }),
      notice: noticeOf(asked['done']),
      failure,
      to,
      kinds: filterChoices(text('outbox.any'), kinds, kind, (one) => ownText(`mail-kind.${one}`) ?? one),
      states: filterChoices(text('outbox.any'), MAIL_STATES, state, (one) => text(`mail-state.${one}`)),
      filtered: to + query.kind + query.state !== '' || before !== undefined,
      testTo: this.mailer.delivers ? session.email : undefined,
      more: found.length > PAGE ? `${OUTBOX}?${more}` : undefined,
      first: before === undefined ? undefined : `${OUTBOX}?${new URLSearchParams(query)}`,
      mails: page.map(({ mail, at, state: became, reason }) => ({
        at: moment(at, now),
        to: mail.to,
        subject: mail.subject,
        state: text(`mail-state.${became}`),
        failed: became === 'failed',
        // A link that was sent is for whoever got it, and for nobody else.
        link: became === 'handed-over' ? mail.link?.href : undefined,
        reason,
      })),
    });
  }
}

/** The key of its subject, which every mail of a kind has in common. */
const kindOf = ({ mail }: OutboxEntry): string => mail.subject.key.replace(/^mail\./, '');
