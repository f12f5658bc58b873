import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { User } from './user.entity.js';

/** A key pair on somebody's device (WebAuthn). Only the public half is here: the table logs nobody in. */
@Entity('passkeys')
export class Passkey {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Index() @Column('uuid') userId: string;
  /** What the device calls it. */
  @Column('bytea', { unique: true }) credentialId: Buffer;
  /** As COSE. */
  @Column('bytea') publicKey: Buffer;
  /**
   * What the device knows its person by: says nothing of them, is the same for all their passkeys, and used for nothing
   * else.
   */
  @Column('bytea') userHandle: Buffer;
  /** How often the device says it signed; it stays 0 where the passkey is on several devices. Never goes back. */
  @Column('bigint') signCount: string;
  /** When the challenge was made that was answered last: that one and all before are over. */
  @Column('timestamptz') newestChallenge: Date;
  @Column('text') name: string;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') lastUsedAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) user: Relation<User>;
}
