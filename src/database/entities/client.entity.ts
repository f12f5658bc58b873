import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { ClientIdentity, ClientMetadata } from '../../oauth/client-metadata.js';

/**
 * A client an administrator registered, or somebody approved (RFC 6749 §2). A dynamic client has no row before that:
 * its id is its registration. A client secret is never stored, only its hash.
 */
@Entity('clients')
@Index(['createdAt', 'id'])
export class Client {
  @PrimaryGeneratedColumn('uuid') id: string;
  /** `client_id` on the wire. */
  @Column('text') clientId: string;
  /** SHA-256 of `client_id`, which may be too long for an index. */
  @Column('bytea', { unique: true }) digest: Buffer;
  @Column('text') identity: ClientIdentity;
  @Column('jsonb') metadata: ClientMetadata;
  @Column('bytea', { nullable: true }) secretHash: Buffer | null;
  /** SHA-256 of the metadata of a client that publishes itself, as it was last approved. */
  @Column('bytea', { nullable: true }) pinned: Buffer | null;
  /** A registered client that is not asked about each time. */
  @Column('boolean', { default: false }) trusted: boolean;
  /** When it was registered by an administrator, or first approved. */
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz', { nullable: true }) blockedAt: Date | null;
}
