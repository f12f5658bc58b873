import { Readable } from 'node:stream';
import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import {
  type AuditFilter,
  type AuditLine,
  AuditLog,
  ORGANIZATION_ACTIONS,
} from '../../database/repositories/audit-log.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, SessionGuard } from '../../http/session.guard.js';
import { text } from '../../texts/text.js';
import { fieldOf } from '../field.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { AUDIT_PAGE } from './audit.pages.js';

const PAGE = 100;

/** Who did what in an organization, and when. For owners and admins; to others there is no such page. */
@Controller('console/organizations/:id/audit')
@UseGuards(SessionGuard)
export class AuditController {
  constructor(
    private readonly shells: Shells,
    private readonly log: AuditLog,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const organization = await this.shells.governed(session, id);
    const filter = filterOf(asked);
    const before = /^\d{1,18}$/.test(fieldOf(asked['before'])) ? fieldOf(asked['before']) : undefined;
    const found = await this.log.list(id, filter, before, PAGE + 1);
    const page = found.slice(0, PAGE);
    const shell = await this.shells.ofOrganization('audit', organization, session, { request, reply });
    const here = `/console/organizations/${id}/audit`;
    const query = { action: filter.action ?? '', person: filter.person };
    const now = this.clock.now();
    await renderPage(reply, AUDIT_PAGE, {
      title: text('audit.title', { organization: organization.name }),
      shell,
      notice: undefined,
      here,
      person: filter.person,
      actions: [
        { value: '', label: text('audit.any'), selected: !filter.action },
        ...ORGANIZATION_ACTIONS.map((value) => ({
          value,
          label: text(`action.${value}`),
          selected: value === filter.action,
        })),
      ],
      filtered: filter.action !== undefined || filter.person !== '' || before !== undefined,
      lines: page.map((line) => ({
        at: moment(line.at, now),
        action: text(`action.${line.action}`),
        person: line.person ?? text('audit.nobody'),
        about: aboutOf(line),
      })),
      more: found.length > PAGE ? `${here}?${new URLSearchParams({ ...query, before: page.at(-1)!.id })}` : undefined,
      export: `${here}/export?${new URLSearchParams(query)}`,
    });
  }

  /** The same as newline-delimited JSON, all of it, as it comes from the database. */
  @Get('export')
  async export(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Query() asked: Readonly<Record<string, unknown>>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.shells.governed(session, id);
    const lines = this.log.export(id, filterOf(asked));
    await reply
      .type('application/x-ndjson')
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', `attachment; filename="audit-${id}.ndjson"`)
      .send(Readable.from(asText(lines)));
  }
}

function filterOf({ action, person }: Readonly<Record<string, unknown>>): AuditFilter {
  return {
    action: ORGANIZATION_ACTIONS.find((one) => one === action),
    person: fieldOf(person).trim().slice(0, 254),
  };
}

async function* asText(lines: AsyncIterable<AuditLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** The tool, then the details, as they were written down. */
function aboutOf({ tool, detail }: AuditLine): string {
  const details = Object.entries(detail).map(([name, value]) => `${name}: ${[value].flat().map(String).join(' ')}`);
  return [tool, ...details].filter(Boolean).join(' · ').slice(0, 400);
}
