import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.js';

/** One answer is good for this long, so that asking often costs nothing. */
const REMEMBERED_MS = 1_000;

/** What the database says of itself. */
export interface DatabaseReport {
  readonly version: string;
  /** How long it took to answer, in milliseconds. */
  readonly roundTrip: number;
  /** Its clock, read in the middle of that time. */
  readonly at: Date;
  readonly migrations: { readonly applied: number; readonly pending: number };
}

@Injectable()
export class Health {
  private readonly logger = new Logger('Database');
  private away = false;
  private asked?: { readonly at: number; readonly answer: Promise<boolean> };

  constructor(private readonly dataSource: DataSource) {}

  /** Whether the database answers a query. */
  isReady(): Promise<boolean> {
    const now = performance.now();
    if (!this.asked || now - this.asked.at > REMEMBERED_MS) this.asked = { at: now, answer: this.ask() };
    return this.asked.answer;
  }

  async report(): Promise<DatabaseReport> {
    const asked = performance.now();
    const [row] = await this.dataSource.query<{ version: string; at: Date }[]>(
      `SELECT current_setting('server_version') AS version, clock_timestamp() AS at`,
    );
    const roundTrip = performance.now() - asked;
    const [{ applied }] = await this.dataSource.query<[{ applied: number }]>(
      'SELECT count(*)::int AS applied FROM migrations',
    );
    return { ...row!, roundTrip, migrations: { applied, pending: Math.max(0, MIGRATIONS.length - applied) } };
  }

  private async ask(): Promise<boolean> {
    try {
      await this.dataSource.query('SELECT 1');
      if (this.away) this.logger.log('The database answers again');
      this.away = false;
    } catch (error) {
      // Once, not each time somebody looks.
      if (!this.away) this.logger.warn(`The database does not answer: ${(error as Error).message}`);
      this.away = true;
    }
    return !this.away;
  }
}
