import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Client } from './client.entity.js';
import { Organization } from './organization.entity.js';
import { User } from './user.entity.js';

/** Why a grant ended. */
export type RevocationReason =
  | 'disconnected'
  | 'token_revoked'
  | 'code_replayed'
  | 'refresh_reused'
  | 'user_disabled'
  | 'password_changed'
  | 'client_blocked'
  | 'resource_removed'
  | 'member_removed'
  | 'ended_by_administrator'
  | 'ended_by_operator'
  | 'denied_by_policy'
  | 'organization_suspended'
  | 'second_factor_missing';

/**
 * One approval: user × organization × client × resource × scope. It carries its one-time code (RFC 6749 §4.1.2), then
 * its refresh chain (§6), until it is revoked or expires; issuing, exchanging, refreshing and revoking are each one
 * conditional statement on this row.
 *
 * Neither code nor refresh token is stored, only hashes. Columns that change at every refresh are in no index and the
 * table's fillfactor leaves room, so PostgreSQL updates in place (HOT).
 */
@Entity('grants')
@Index(['userId', 'createdAt'])
@Index(['organizationId', 'createdAt', 'id'])
@Index('grants_revoked_at', ['revokedAt'], { where: 'revoked_at IS NOT NULL' })
export class Grant {
  /** Public: `sid` in access tokens. */
  @PrimaryGeneratedColumn('uuid') id: string;
  /** The authorization request it was made from: a double submit makes one grant. */
  @Column('uuid', { unique: true }) requestId: string;
  @Column('uuid') userId: string;
  @Column('uuid') organizationId: string;
  @Index() @Column('uuid') clientId: string;
  @Column('text') resource: string;
  /** What was approved, with what it implies. */
  @Column('text', { array: true }) scopes: string[];
  /** Permissions that were approved and taken away since; not in `scopes` any more. */
  @Column('text', { array: true, nullable: true }) withdrawn: string[] | null;
  /** Whether a refresh token is issued. */
  @Column('boolean') renewable: boolean;
  @Column('timestamptz') createdAt: Date;
  /** What the client's `pinned` was: a client that describes itself differently since must be approved again. */
  @Column('bytea', { nullable: true }) pinned: Buffer | null;

  /** SHA-256 of the code. Stays after use, so that a replay is recognised. */
  @Column('bytea', { unique: true }) codeHash: Buffer;
  /** RFC 7636 §4.4; the method is always S256. */
  @Column('text') codeChallenge: string;
  /** Exactly as sent to the authorization endpoint, with its port. */
  @Column('text') redirectUri: string;
  @Column('timestamptz') codeExpiresAt: Date;
  @Column('timestamptz', { nullable: true }) codeUsedAt: Date | null;
  /** Redemptions that failed to prove possession; the fifth kills the code. */
  @Column('smallint', { default: 0 }) codeFailures: number;

  /** How many refresh tokens this chain has had. 0: none yet. */
  @Column('integer', { default: 0 }) generation: number;
  /** SHA-256 of the secret every refresh token of this grant carries. */
  @Column('bytea', { nullable: true }) secretHash: Buffer | null;
  @Column('timestamptz', { nullable: true }) rotatedAt: Date | null;
  /** End of the refresh token, counted anew at each rotation. */
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { nullable: true }) lastUsedAt: Date | null;
  /** Where the code was exchanged from. */
  @Column('text', { nullable: true }) connectedFrom: string | null;
  /** Where it was last refreshed from. */
  @Column('text', { nullable: true }) lastAddress: string | null;

  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
  @Column('text', { nullable: true }) revokedBecause: RevocationReason | null;

  @ManyToOne(() => User) @JoinColumn({ name: 'user_id' }) user: Relation<User>;
  @ManyToOne(() => Organization) @JoinColumn({ name: 'organization_id' }) organization: Relation<Organization>;
  @ManyToOne(() => Client) @JoinColumn({ name: 'client_id' }) client: Relation<Client>;
}
