import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a table was last swept, and of how many rows. Whichever node writes the time has the turn. */
@Entity('sweeps')
export class Sweep {
  @PrimaryColumn('text') tableName: string;
  @Column('timestamptz') ranAt: Date;
  /** By that turn. */
  @Column('integer', { default: 0 }) removed: number;
  /** Since ever. */
  @Column('bigint', { default: 0 }) removedInAll: string;
}
