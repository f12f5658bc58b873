import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from './user.entity.js';

/** What somebody proved besides the password. A passkey that knows its person is both at once. */
export type SecondFactor = 'authenticator' | 'recovery-code' | 'passkey';

/** A logged-in browser. The cookie's value is not stored, only its hash: a leaked table logs nobody in. */
@Entity('sessions')
export class Session {
  /** SHA-256 of the cookie. */
  @PrimaryColumn('bytea') idHash: Buffer;
  @Index() @Column('uuid') userId: string;
  /** The organization the console shows; null until one is chosen. */
  @Column('uuid', { nullable: true }) organizationId: string | null;
  @Column('timestamptz') createdAt: Date;
  /** Moved at most once a minute; the idle timeout counts from it. */
  @Column('timestamptz') lastSeenAt: Date;
  /** The absolute end, whatever the use. */
  @Column('timestamptz') expiresAt: Date;
  @Column('text') address: string;
  @Column('text') userAgent: string;
  /** When a second factor was proved in this session, and which; null: never. */
  @Column('timestamptz', { nullable: true }) secondFactorAt: Date | null;
  @Column('text', { nullable: true }) secondFactor: SecondFactor | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) user: Relation<User>;
}
