import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { People, Verdict } from './verdict.js';

/** What a connection acts for: a person approves a tool for one organization. */
@Entity('organizations')
@Index(['createdAt', 'id'])
export class Organization {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('timestamptz') createdAt: Date;
  /** Counts the changes of its policy on tools: a change that was prepared before another is not made. */
  @Column('integer', { default: 0 }) policyVersion: number;
  /** Which rule the last change was about, and what it said before; null: nothing was changed yet. */
  @Column('jsonb', { nullable: true }) policyBefore: {
    readonly tool: string;
    readonly people: People;
    /** Null: there was none. */
    readonly rule: {
      readonly verdict: Verdict;
      readonly ceiling: string[] | null;
      readonly expiresAt: string | null;
    } | null;
  } | null;
  /** Nobody approves a tool for it, or sees its pages, in a session that did not prove a second factor. */
  @Column('boolean', { default: false }) requiresSecondFactor: boolean;
  /** Since when no tool may work for it. */
  @Column('timestamptz', { nullable: true }) suspendedAt: Date | null;
}
