import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { People, Verdict } from './verdict.js';
import { Membership } from './membership.entity.js';
import { Organization } from './organization.entity.js';

/**
 * Every tool, and every tool whose name is only its own word: what a rule can be about beside one tool's `client_id`.
 */
export const ANY_TOOL = '*';
export const SELF_ASSERTED = 'self-asserted';

/** What an organization lets a tool do for some of its people. Its key leaves no two rules that are alike. */
@Entity('policy_rules')
export class PolicyRule {
  @PrimaryColumn('uuid') organizationId: string;
  /** A `client_id`, `ANY_TOOL` or `SELF_ASSERTED`. */
  @PrimaryColumn('text') tool: string;
  @PrimaryColumn('text') people: People;
  @Column('text') verdict: Verdict;
  /** Scopes it may have at most; null: whatever the person may give. */
  @Column('text', { array: true, nullable: true }) ceiling: string[] | null;
  /** From then on it counts no more. */
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
  /** Of a rule for a single person: it goes when their place does, and does not wait for them to come back. */
  @Column('uuid', { nullable: true }) personId: string | null;

  @ManyToOne(() => Organization, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'organization_id' })
  organization: Relation<Organization>;
  @ManyToOne(() => Membership, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'person_id', referencedColumnName: 'userId' },
    { name: 'organization_id', referencedColumnName: 'organizationId' },
  ])
  membership: Relation<Membership> | null;
}
