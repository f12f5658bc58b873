import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Counters of rate-limiter-flexible, used when several nodes share them (`RATE_LIMITS=postgres`). */
@Entity('rate_limits')
export class RateLimit {
  @PrimaryColumn('varchar', { length: 255 }) key: string;
  @Column('integer', { default: 0 }) points: number;
  /** Milliseconds since the epoch. */
  @Column('bigint', { nullable: true }) expire: string | null;
}
