import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A person who logs in (the resource owner, RFC 6749 §1.1). */
@Entity('users')
export class User {
  @PrimaryGeneratedColumn('uuid') id: string;
  /** Lower case; what is compared and shown. */
  @Column('text', { unique: true }) email: string;
  @Column('text') name: string;
  /** argon2id in PHC form. */
  @Column('text') passwordHash: string;
  /** May govern the whole server, not only organizations. */
  @Column('boolean', { default: false }) operator: boolean;
  /** The language of their mails; null: they never chose one. */
  @Column('text', { nullable: true }) locale: string | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz', { nullable: true }) disabledAt: Date | null;
}
