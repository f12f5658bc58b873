import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface StoredTable {
  readonly name: string;
  /** About so many. */
  readonly rows: number;
  /** With its indexes, in bytes. */
  readonly bytes: number;
  /** Rows a day since the oldest sample; null: there is none of a day before. */
  readonly growth: number | null;
}

/**
 * How many rows a table has, as the planner would guess: by how densely its pages were filled when it was last
 * analysed. One that never was has the counter of the statistics. Nothing is counted: that would read each table.
 */
const ROWS = `round(CASE WHEN c.reltuples < 0 OR c.relpages = 0 THEN coalesce(pg_stat_get_live_tuples(c.oid), 0)
      ELSE c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer) END)::bigint`;
const TABLES = `pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY ($1)`;
const DAY = (time: string) => `(${time}::timestamptz AT TIME ZONE 'UTC')::date`;

/** How large the tables are, and how they grow. */
@Injectable()
export class Storage {
  private readonly names: string[];

  constructor(private readonly dataSource: DataSource) {
    this.names = dataSource.entityMetadatas.map(({ tableName }) => tableName);
  }

  /** The largest first. */
  async tables(at: Date): Promise<StoredTable[]> {
    const rows = await this.dataSource.query<{ name: string; rows: string; bytes: string; growth: number | null }[]>(
      `SELECT name, rows, bytes, ((rows - before.was)::float / (${DAY('$2')} - before.day)) AS growth
         FROM (SELECT c.relname AS name, ${ROWS} AS rows, pg_total_relation_size(c.oid) AS bytes FROM ${TABLES}) t
         LEFT JOIN LATERAL (SELECT day, s.rows AS was FROM table_sizes s
                             WHERE s.table_name = t.name AND s.day < ${DAY('$2')} ORDER BY day LIMIT 1) before ON true
        ORDER BY bytes DESC, name`,
      [this.names, at],
    );
    return rows.map((row) => ({ ...row, rows: Number(row.rows), bytes: Number(row.bytes) }));
  }

  /** Keeps how large they are on this day, unless a node did so before. */
  async sample(at: Date): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO table_sizes (table_name, day, rows) SELECT c.relname, ${DAY('$2')}, ${ROWS} FROM ${TABLES}
       ON CONFLICT (table_name, day) DO NOTHING`,
      [this.names, at],
    );
  }
}
