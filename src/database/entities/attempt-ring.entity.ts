import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Ring } from './attempt-step.entity.js';

/** Where the next step of a ring goes. One row a ring; nodes take turns at it. */
@Entity('attempt_rings')
export class AttemptRing {
  @PrimaryColumn('text') ring: Ring;
  @Column('bigint', { default: 0 }) next: string;
}
