import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Sweep } from '../entities/sweep.entity.js';
import { takingTime } from '../silence.js';
import { type Statement, Statements } from '../statements.js';
import { SWEEPINGS, type SweptTable } from './sweeps.statements.js';

export { SWEPT_TABLES, type SweptTable } from './sweeps.statements.js';

/** A step removes so many rows at most where an index leads to them, … */
const ROWS = 5_000;
/** … and a turn takes so many steps. */
const STEPS = 200;
/** Elsewhere a step goes through so many pages of 8 kB. */
const PAGES = 1_000;

const CLAIM: Statement = {
  name: 'sweep_claim',
  text: `INSERT INTO sweeps (table_name, ran_at) VALUES ($1, $2)
      ON CONFLICT (table_name) DO UPDATE SET ran_at = excluded.ran_at, removed = 0 WHERE sweeps.ran_at <= $3
      RETURNING 1`,
};
const RECORD: Statement = {
  name: 'sweep_record',
  text: `UPDATE sweeps SET removed = removed + $2, removed_in_all = removed_in_all + $2 WHERE table_name = $1`,
};

/** What is over goes, step by step; and when that was last done. */
@Injectable()
export class Sweeps {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  async list(): Promise<Sweep[]> {
    return this.dataSource.manager.find(Sweep);
  }

  async databaseTime(): Promise<Date> {
    const [{ at }] = await this.dataSource.query<[{ at: Date }]>('SELECT clock_timestamp() AS at');
    return at;
  }

  /** Whether the turn is this node's: the last one was then or before. Of several at once, one hears true. */
  async claim(table: SweptTable, at: Date, lastBy: Date): Promise<boolean> {
    return (await this.statements.run(CLAIM, [table, at, lastBy])).length === 1;
  }

  /** Removes what was over before, and notes how much that was. */
  async sweep(table: SweptTable, before: Date): Promise<void> {
    const { byPages, statement } = SWEEPINGS[table];
    const steps = byPages ? this.pagesOf(table) : this.batches();
    for await (const step of steps) {
      const [{ removed }] = await takingTime(this.dataSource, (manager) =>
        manager.query<[{ removed: number }]>(statement, [before, ...step.values]),
      );
      if (removed > 0) await this.statements.run(RECORD, [table, removed]);
      if (removed < step.least) return;
    }
  }

  /** Until one finds less than it may take. */
  private *batches(): Generator<Step> {
    for (let n = 0; n < STEPS; n++) yield { values: [ROWS], least: ROWS };
  }

  /** All that the table has now. */
  private async *pagesOf(table: SweptTable): AsyncGenerator<Step> {
    const [row] = await this.dataSource.query<{ pages: number }[]>(
      `SELECT (pg_relation_size($1::regclass) / current_setting('block_size')::integer)::integer AS pages`,
      [table],
    );
    for (let page = 0; page < row!.pages; page += PAGES) yield { values: [page, page + PAGES], least: 0 };
  }
}

interface Step {
  readonly values: readonly number[];
  /** Having removed less, there is no more to remove. */
  readonly least: number;
}
