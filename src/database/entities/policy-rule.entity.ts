import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { Organization } from './organization.entity.js';

/** Every tool, and every tool whose name is only its own word: what a rule can be about beside one tool's `client_id`. */
export const ANY_TOOL = '*';
export const SELF_ASSERTED = 'self-asserted';

export type Verdict = 'allow' | 'deny';
export type People = Role | 'everybody';

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

  @ManyToOne(() => Organization, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'organization_id' })
  organization: Relation<Organization>;
}
