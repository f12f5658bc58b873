import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from './user.entity.js';

/** An app that shows somebody a code for every thirty seconds (RFC 6238). Each has one at most. */
@Entity('authenticator_apps')
export class AuthenticatorApp {
  @PrimaryColumn('uuid') userId: string;
  /** Shared with the app, sealed for this person: the table alone makes no code. Sealed anew at each use. */
  @Column('text') sealedSecret: string;
  /** The newest time step whose code was used: each is good once, and none before it any more (RFC 6238 §5.2). */
  @Column('integer') lastStep: number;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') lastUsedAt: Date;

  @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'user_id' }) user: Relation<User>;
}
