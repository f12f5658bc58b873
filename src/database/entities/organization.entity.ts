import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What a connection acts for: a person approves a tool for one organization. */
@Entity('organizations')
export class Organization {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('timestamptz') createdAt: Date;
  /** Counts the changes of its policy on tools: a change that was prepared before another is not made. */
  @Column('integer', { default: 0 }) policyVersion: number;
}
