import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How large a table was on a day (UTC), as PostgreSQL estimates it: one row a table and day, for thirty days. */
@Entity('table_sizes')
export class TableSize {
  @PrimaryColumn('text') tableName: string;
  @PrimaryColumn('date') day: string;
  @Column('bigint') rows: string;
}
