import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import { VERSION } from '../../config/version.js';
import { type DatabaseReport, Health } from '../../database/health.js';
import { People } from '../../database/repositories/people.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Revocations } from '../../grants/revocations.service.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { KeyRing } from '../../jwt/key-ring.js';
import { Outbox } from '../../mail/outbox.js';
import { text } from '../../texts/text.js';
import { Shells } from '../shells.js';
import { HEALTH_PAGE, type HealthModel } from './health.pages.js';

/** Nodes and database judge times by their own clocks: further apart than this is worth mending. Seconds. */
const CLOCKS_APART = 5;
/** The list is refreshed twice a second. Seconds. */
const LIST_OLD = 3;

/** How this node and its database are, and what needs somebody first: where operators land. */
@Controller('console/operator')
@UseGuards(OperatorGuard)
export class HealthController {
  constructor(
    private readonly shells: Shells,
    private readonly health: Health,
    private readonly people: People,
    private readonly keys: KeyRing,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @CurrentSession() session: LiveSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const now = this.clock.now();
    const database = await this.health.report();
    const operators = (await this.people.list({ search: '', state: 'operator', after: undefined }, 2)).length;
    const apart = (database.at.getTime() - now.getTime()) / 1000;
    const age = Math.max(0, now.getTime() - this.revocations.asOf.getTime()) / 1000;
    await renderPage(reply, HEALTH_PAGE, {
      title: text('health.title'),
      shell: await this.shells.ofOperator('health', session, { request, reply }),
      notice: undefined,
      attention: this.attention(database, { operators, apart, age }),
      facts: this.facts(database, { apart, age }),
      started: moment(new Date(now.getTime() - process.uptime() * 1000), now),
    });
  }

  private attention(
    { migrations }: DatabaseReport,
    { operators, apart, age }: { operators: number; apart: number; age: number },
  ): HealthModel['attention'] {
    const failed = this.outbox.list().filter(({ state }) => state === 'failed').length;
    const found = [
      migrations.pending > 0 && { what: text('health.migrate', { count: migrations.pending }), href: undefined },
      Math.abs(apart) > CLOCKS_APART && {
        what: text('health.clocks', { seconds: Math.round(Math.abs(apart)) }),
        href: undefined,
      },
      age > LIST_OLD && { what: text('health.list-old', { seconds: Math.round(age) }), href: undefined },
      failed > 0 && {
        what: text('health.mail-failed', { count: failed }),
        href: '/console/operator/outbox?state=failed',
      },
      !this.config.smtpUrl && { what: text('health.no-mail'), href: '/console/operator/outbox' },
      operators < 2 && { what: text('health.one-operator'), href: '/console/operator/people' },
    ];
    return found.filter((one) => one !== false);
  }

  private facts(
    { version, roundTrip, migrations }: DatabaseReport,
    { apart, age }: { apart: number; age: number },
  ): HealthModel['facts'] {
    const kind = this.config.databaseUrl ? text('health.postgres', { version }) : text('health.embedded', { version });
    return [
      { name: text('health.database'), value: kind },
      { name: text('health.round-trip'), value: text('health.milliseconds', { number: roundTrip.toFixed(1) }) },
      { name: text('health.schema'), value: text('health.applied', { count: migrations.applied }) },
      { name: text('health.apart'), value: text('health.seconds', { number: apart.toFixed(1) }) },
      { name: text('health.list'), value: text('health.seconds', { number: age.toFixed(1) }) },
      { name: text('health.key'), value: this.keys.current().kid },
      { name: text('health.mail'), value: this.config.smtpUrl ? text('health.smtp') : text('health.outbox') },
      { name: text('health.version'), value: `${VERSION} · Node ${process.versions.node}` },
    ];
  }
}
