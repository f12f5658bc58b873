import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '../config/clock.js';
import { AuditChain } from '../database/repositories/audit-chain.repository.js';
import { type AuditLine, AuditLog, type AuditScope } from '../database/repositories/audit-log.repository.js';
import { type Moment, moment } from '../http/moment.js';
import { definePage, renderPage } from '../http/page.js';
import type { Text } from '../texts/text.js';
import {
  auditFilter,
  type AuditForm,
  auditForm,
  auditPosition,
  auditQuery,
  type AuditRow,
  auditRow,
  writtenPosition,
} from './audit-lines.js';
import { CONSOLE, type ConsoleModel, type Shell } from './console.pages.js';

const PAGE = 100;

interface AuditModel extends ConsoleModel {
  /** The address of this page, without what it filters by. */
  readonly here: string;
  readonly form: AuditForm;
  readonly filtered: boolean;
  readonly events: readonly AuditRow[];
  /** Until when the log is sealed; undefined: not yet. */
  readonly sealed: Moment | undefined;
  readonly more: string | undefined;
  readonly export: string;
}
const AUDIT_PAGE = definePage<AuditModel>('console/audit', CONSOLE);

type Asked = Readonly<Record<string, unknown>>;

/** The log of an organization and that of the server: the same page, of more or less. */
@Injectable()
export class AuditPages {
  constructor(
    private readonly log: AuditLog,
    private readonly chain: AuditChain,
    private readonly clock: Clock,
  ) {}

  /** `here`: its address; `actions`: those to choose from. */
  async render(
    reply: FastifyReply,
    asked: Asked,
    page: { title: Text; shell: Shell; here: string; scope: AuditScope; actions: readonly string[] },
  ): Promise<void> {
    const { title, shell, here, scope, actions } = page;
    const filter = auditFilter(asked);
    const before = auditPosition(asked['before']);
    const found = await this.log.list(scope, filter, before, PAGE + 1);
    const lines = found.slice(0, PAGE);
    const form = auditForm(filter, actions);
    const query = auditQuery(form);
    const now = this.clock.now();
    const sealed = await this.chain.sealedUntil();
    const last = lines.at(-1)?.position;
    await renderPage(reply, AUDIT_PAGE, {
      title,
      shell,
      notice: undefined,
      here,
      form,
      filtered: Object.keys(query).length > 0 || before !== undefined,
      events: lines.map((line) => auditRow(line, now)),
      sealed: sealed && moment(sealed, now),
      more:
        found.length > PAGE && last
          ? `${here}?${new URLSearchParams({ ...query, before: writtenPosition(last) })}`
          : undefined,
      export: `${here}/export?${new URLSearchParams(query)}`,
    });
  }

  /** The same as newline-delimited JSON, all of it, as it comes from the database. */
  async export(reply: FastifyReply, asked: Asked, scope: AuditScope, name: string): Promise<void> {
    await reply
      .type('application/x-ndjson')
      .header('Cache-Control', 'no-store')
      .header('Content-Disposition', `attachment; filename="${name}.ndjson"`)
      .send(Readable.from(asText(this.log.export(scope, auditFilter(asked)))));
  }
}

/** One line an event, whatever somebody called themselves. */
async function* asText(lines: AsyncIterable<AuditLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
