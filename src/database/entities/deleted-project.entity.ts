import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Organization } from './organization.entity.js';

/**
 * A project that was deleted, as it was, until it is restored or swept. It is no row of `projects`, so nothing else can
 * come upon it.
 */
@Entity('deleted_projects')
@Index(['organizationId', 'deletedAt'])
export class DeletedProject {
  /** The one it had, and has again. */
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') organizationId: string;
  @Column('text') name: string;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') updatedAt: Date;
  @Column('timestamptz') deletedAt: Date;
  @Column('uuid') deletedBy: string;

  @ManyToOne(() => Organization, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'organization_id' })
  organization: Relation<Organization>;
}
