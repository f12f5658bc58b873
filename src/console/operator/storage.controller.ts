import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { Storage, type StoredTable } from '../../database/repositories/storage.repository.js';
import { Sweeps, SWEPT_TABLES } from '../../database/repositories/sweeps.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { ownText, type Text, text } from '../../texts/text.js';
import { retentionOf } from '../../upkeep/retention.js';
import { DAY_MS, HOUR_MS } from '../../usage/periods.js';
import { Shells } from '../shells.js';
import { STORAGE_PAGE, type StorageModel } from './storage.pages.js';

/** How much is stored, how it grows, and what is removed when. */
@Controller('console/operator/storage')
@UseGuards(OperatorGuard)
export class StorageController {
  constructor(
    private readonly shells: Shells,
    private readonly storage: Storage,
    private readonly sweeps: Sweeps,
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
    const tables = await this.storage.tables(now);
    const swept = new Map((await this.sweeps.list()).map((sweep) => [sweep.tableName, sweep]));
    await renderPage(reply, STORAGE_PAGE, {
      title: text('nav.storage'),
      shell: await this.shells.ofOperator('storage', session, { request, reply }),
      notice: undefined,
      tables: tables.map((table) => {
        const last = swept.get(table.name);
        const { ranAt, removed = 0, removedInAll = 0 } = last ?? {};
        return this.row(table, {
          last: ranAt && moment(ranAt, now),
          removed,
          all: Number(removedInAll),
        });
      }),
      size: sizeOf(tables.reduce((sum, { bytes }) => sum + bytes, 0)),
    });
  }

  private row(
    { name, rows, bytes, growth }: StoredTable,
    sweep: NonNullable<StorageModel['tables'][number]['sweep']>,
  ): StorageModel['tables'][number] {
    const swept = SWEPT_TABLES.find((one) => one === name);
    const what = ownText(`kept.${name}`);
    return {
      name,
      facts:
        growth === null
          ? text('storage.facts-new', { rows, size: sizeOf(bytes) })
          : text('storage.facts', { rows, size: sizeOf(bytes), growth: Math.round(growth) }),
      what: what ? { ...what, values: swept && { kept: timeOf(retentionOf(swept, this.config)) } } : name,
      sweep: swept && sweep,
    };
  }
}

const timeOf = (milliseconds: number): Text =>
  milliseconds < DAY_MS
    ? text('storage.hours', { count: Math.round(milliseconds / HOUR_MS) })
    : text('storage.days', { count: Math.round(milliseconds / DAY_MS) });

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

function sizeOf(bytes: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), 1), UNITS.length);
  const size = bytes / 1024 ** power;
  return `${size.toFixed(size < 10 && power > 1 ? 1 : 0)} ${UNITS[power - 1]}`;
}
