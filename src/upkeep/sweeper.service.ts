import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { repeat } from '../config/repeat.js';
import { Storage } from '../database/repositories/storage.repository.js';
import { Sweeps, SWEPT_TABLES, type SweptTable } from '../database/repositories/sweeps.repository.js';
import { HOUR_MS } from '../usage/periods.js';
import { retentionOf } from './retention.js';

/** A node looks this often whether something is due. */
const LOOK_MS = 600_000;
/** A clock that is further from the database's is wrong, or that is: by neither is anything removed. */
const APART_MS = 60_000;

/** Once an hour, one of the nodes removes what is over; and once a day it notes how large the tables are. */
@Injectable()
export class Sweeper implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Sweeper');
  private stop?: () => void;
  private isWrong = false;

  constructor(
    private readonly sweeps: Sweeps,
    private readonly storage: Storage,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.stop = repeat(
      LOOK_MS,
      () => this.tick(),
      (error) => this.logger.error(`Nothing is swept: ${error.message}`),
    );
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  /** Never throws: what could not be done is due again. */
  async tick(): Promise<void> {
    await this.attempt('Clocks could not be compared', () => this.compareClocks());
    if (this.isWrong) return;
    for (const table of SWEPT_TABLES) await this.attempt(`${table} could not be swept`, () => this.sweep(table));
    await this.attempt('The sizes of tables could not be noted', () => this.storage.sample(this.clock.now()));
  }

  private async compareClocks(): Promise<void> {
    const ahead = this.clock.aheadOf(await this.sweeps.databaseTime());
    const wasWrong = this.isWrong;
    this.isWrong = Math.abs(ahead) > APART_MS;
    if (this.isWrong && !wasWrong)
      this.logger.warn(
        `Nothing is swept: this node's clock is ${Math.round(ahead / 1000)} seconds ahead of the database's`,
      );
  }

  private async sweep(table: SweptTable): Promise<void> {
    const now = this.clock.now();
    if (await this.sweeps.claim(table, now, before(now, HOUR_MS)))
      await this.sweeps.sweep(table, before(now, retentionOf(table, this.config)));
  }

  private async attempt(failure: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn(`${failure}: ${(error as Error).message}`);
    }
  }
}

const before = (time: Date, milliseconds: number) => new Date(time.getTime() - milliseconds);
