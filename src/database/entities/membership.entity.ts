import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { Organization } from './organization.entity.js';
import { User } from './user.entity.js';

/** Somebody's place in an organization. Without it no token is issued for the two. */
@Entity('memberships')
export class Membership {
  @PrimaryColumn('uuid') userId: string;
  @Index() @PrimaryColumn('uuid') organizationId: string;
  @Column('text') role: Role;
  @Column('timestamptz') createdAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) user: Relation<User>;
  @ManyToOne(() => Organization, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'organization_id' })
  organization: Relation<Organization>;
}
