import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clients } from '../clients/clients.service.js';
import { Clock } from '../config/clock.js';
import { repeat } from '../config/repeat.js';
import { isDatabaseUnavailable } from '../database/database-error.js';
import type { Ring } from '../database/entities/attempt-step.entity.js';
import { AttemptSteps, type NewStep } from '../database/repositories/attempt-steps.repository.js';
import { Budget } from './budget.js';
import { attemptOf, readableName, ringOf, type Source, stepOf, type Told } from './observed.js';

/** How long a step is kept, if its ring does not come round before. */
export const KEPT_MS = 7 * 86_400_000;
/** Slots of each ring; how many steps a minute it takes of one source, and of all together on one node. */
export const RINGS: Readonly<Record<Ring, { slots: number; perSource: number; together: number }>> = {
  stranger: { slots: 4_000, perSource: 120, together: 240 },
  request: { slots: 8_000, perSource: 120, together: 240 },
  person: { slots: 16_000, perSource: 120, together: 480 },
};
/** What a ring may have waiting, while the database is slow or away. */
const MOST_WAITING = 1_000;
const WRITTEN_AT_ONCE = 250;
const WRITE_EVERY_MS = 1_000;

/**
 * The flight recorder: what each attempt to connect a tool came to, step by step. It only looks on: it never waits,
 * never throws, holds a bounded number of steps and writes them in batches beside the requests, into rings that do not
 * grow.
 */
@Injectable()
export class Recorder implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Recorder');
  private readonly rings = (Object.keys(RINGS) as Ring[]).map((ring) => ({
    ring,
    budget: new Budget(RINGS[ring].perSource, RINGS[ring].together),
    waiting: [] as NewStep[],
  }));
  private readonly called = new LRUCache<string, true>({ max: 20_000 });
  private writing: Promise<void> = Promise.resolve();
  private lost = 0;
  private away = false;
  private stop?: () => void;

  constructor(
    private readonly steps: AttemptSteps,
    private readonly clients: Clients,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.stop = repeat(
      WRITE_EVERY_MS,
      () => this.flush(),
      (error) => this.logger.error(`Steps of attempts are not written: ${error.message}`),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop?.();
    await this.flush();
  }

  /** Steps that had no room since the start. */
  get dropped(): number {
    return this.lost;
  }

  /** Whether a connection calls for the first time, as far as this node knows. */
  isFirstCall(grantId: string): boolean {
    if (this.called.has(grantId)) return false;
    this.called.set(grantId, true);
    return true;
  }

  /** Its next call is told as its first was. */
  forgetCalls(grantId: string): void {
    this.called.delete(grantId);
  }

  /** Takes a step, or drops it untold when its source or its ring had its share of this minute. */
  add(source: Source, told: () => Told): void {
    const name = ringOf(source);
    const { budget, waiting } = this.rings.find(({ ring }) => ring === name)!;
    const at = this.clock.now();
    if (waiting.length >= MOST_WAITING || !budget.take(source.userId ?? source.grantId ?? source.address, at)) {
      this.lost++;
      return;
    }
    const observed = { ...told(), ...source };
    waiting.push(stepOf(observed, attemptOf(observed, at), at));
  }

  /** Writes what waits, so that whoever looks now sees it. Never throws: what could not be written still waits. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    try {
      for (const { ring, waiting } of this.rings)
        while (waiting.length > 0) {
          const batch = waiting.slice(0, WRITTEN_AT_ONCE);
          await this.writeBatch(ring, batch);
          waiting.splice(0, batch.length);
        }
      this.away = false;
    } catch (error) {
      // Once, not every second for as long as the database is away.
      if (!this.away) this.logger.warn(`Steps of attempts could not be written: ${(error as Error).message}`);
      this.away = true;
    }
  }

  /** A batch that the database refuses is lost: it would be refused for ever, and hold up all that follow. */
  private async writeBatch(ring: Ring, batch: readonly NewStep[]): Promise<void> {
    try {
      await this.steps.write(ring, RINGS[ring].slots, await this.named(batch));
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      this.lost += batch.length;
      this.logger.error(`${batch.length} steps of attempts are lost: ${(error as Error).message}`);
    }
  }

  /** What a tool calls itself is known here, not where it was seen. */
  private named(batch: readonly NewStep[]): Promise<NewStep[]> {
    return Promise.all(
      batch.map(async (step) => {
        if (step.clientId === null || step.clientName !== null) return step;
        const client = await this.clients.find(step.clientId);
        return { ...step, clientName: readableName(client?.metadata.client_name) };
      }),
    );
  }
}
