import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { repeat } from '../config/repeat.js';
import { ConnectionUsage, type UsageCount } from '../database/repositories/connection-usage.repository.js';
import { HOUR_MS } from './periods.js';

const FLUSH_MS = 3_000;
/**
 * Connections a node counts for between two writes; beyond, and only while the database is away, new ones go uncounted.
 */
const MAX_HELD = 20_000;
/** Rows a statement: short enough to be in nobody's way. */
const BATCH = 1_000;

/** Whose call it was, as its verified token says, and where from. */
export interface Caller {
  readonly grantId: string;
  readonly organizationId: string;
  /** Empty: it came through the server of another resource. */
  readonly address: string;
}

export interface Call {
  /** One of this server's MCP tools; the caller of `count` sees to it that names are few. */
  readonly tool?: string;
  /** What it made use of; a call that was refused made use of nothing. */
  readonly scopes: readonly string[];
  readonly failed: boolean;
}

interface Held extends UsageCount {
  calls: number;
  failures: number;
  readonly scopes: string[];
  readonly tools: Record<string, number>;
  usedAt: Date;
  address: string;
}

/**
 * Counts what connections do: in memory, written down every few seconds, one row a connection and hour. A call never
 * waits for it. A node that is killed loses what it counted in the last three seconds.
 */
@Injectable()
export class Usage implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Usage');
  private held = new Map<string, Held>();
  private uncounted = 0;
  private writing: Promise<void> = Promise.resolve();
  private stop?: () => void;

  constructor(
    private readonly usage: ConnectionUsage,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.stop = repeat(
      FLUSH_MS,
      () => this.flush(),
      (error) => this.logger.error(`Usage is not written down: ${error.message}`),
    );
  }

  /** Requests under way are over by then, and the database, which this module comes after, is not. */
  async onApplicationShutdown(): Promise<void> {
    this.stop?.();
    await this.flush();
  }

  count({ grantId, organizationId, address }: Caller, { tool, scopes, failed }: Call): void {
    const usedAt = this.clock.now();
    const hour = new Date(Math.floor(usedAt.getTime() / HOUR_MS) * HOUR_MS);
    const one = { grantId, organizationId, hour, calls: 1, failures: failed ? 1 : 0, scopes, usedAt, address };
    this.hold({ ...one, tools: tool === undefined ? {} : { [tool]: 1 } });
  }

  /** Writes down what is held. What cannot be written is held on. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    const counts = [...this.held.values()];
    this.held = new Map();
    for (let from = 0; from < counts.length; from += BATCH) {
      try {
        await this.usage.add(counts.slice(from, from + BATCH));
      } catch (error) {
        this.logger.warn(`Usage could not be written down and is held on: ${(error as Error).message}`);
        counts.slice(from).forEach((count) => this.hold(count));
        break;
      }
    }
    if (this.uncounted > 0) this.logger.warn(`${this.uncounted} calls were not counted: too many connections at once`);
    this.uncounted = 0;
  }

  private hold(count: UsageCount): void {
    const key = `${count.grantId} ${count.hour.getTime()}`;
    const held = this.held.get(key);
    if (!held && this.held.size >= MAX_HELD) this.uncounted += count.calls;
    else if (!held) this.held.set(key, { ...count, scopes: [...count.scopes], tools: { ...count.tools } });
    else merge(held, count);
  }
}

function merge(held: Held, { calls, failures, scopes, tools, usedAt, address }: UsageCount): void {
  held.calls += calls;
  held.failures += failures;
  for (const scope of scopes) if (!held.scopes.includes(scope)) held.scopes.push(scope);
  for (const [tool, times] of Object.entries(tools)) held.tools[tool] = (held.tools[tool] ?? 0) + times;
  if (usedAt < held.usedAt) return;
  held.usedAt = usedAt;
  held.address = address;
}
