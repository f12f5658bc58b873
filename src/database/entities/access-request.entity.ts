import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation, Unique } from 'typeorm';
import type { ClientIdentity } from '../../oauth/client-metadata.js';
import { Membership } from './membership.entity.js';

/**
 * Somebody asks to use a tool in an organization that decides about each. One row for person, client and organization:
 * asked again, it is the same row. It goes when their place does.
 */
@Entity('access_requests')
@Unique(['userId', 'organizationId', 'digest'])
@Index('access_requests_open', ['organizationId', 'askedAt', 'id'], { where: 'answered_at IS NULL' })
export class AccessRequest {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column('uuid') userId: string;
  @Column('uuid') organizationId: string;
  /** A client has no row before somebody approves it: what is shown of it is here. */
  @Column('text') clientId: string;
  /** SHA-256 of `clientId`, which may be too long for an index. */
  @Column('bytea') digest: Buffer;
  @Column('text') identity: ClientIdentity;
  @Column('text', { nullable: true }) clientName: string | null;
  @Column('text') redirectUri: string;
  @Column('text') resource: string;
  @Column('text', { array: true }) scopes: string[];
  @Column('text') reason: string;
  @Column('timestamptz') askedAt: Date;
  @Column('timestamptz', { nullable: true }) answeredAt: Date | null;
  @Column('uuid', { nullable: true }) answeredBy: string | null;
  @Column('text', { nullable: true }) answer: 'approved' | 'refused' | null;

  @ManyToOne(() => Membership, { onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId' },
    { name: 'organization_id', referencedColumnName: 'organizationId' },
  ])
  membership: Relation<Membership>;
}
