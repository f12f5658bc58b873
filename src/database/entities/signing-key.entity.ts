import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `next`: published, not yet signing. `current`: signs. `retired`: still verifies what it signed. */
export type SigningKeyStage = 'next' | 'current' | 'retired';

/** A key of the ring (RFC 7517). The private half is sealed: a leaked table signs nothing. */
@Entity('signing_keys')
@Index('signing_keys_one_current', ['stage'], { unique: true, where: "stage = 'current'" })
@Index('signing_keys_one_next', ['stage'], { unique: true, where: "stage = 'next'" })
export class SigningKey {
  @PrimaryColumn('text') kid: string;
  @Column('text') stage: SigningKeyStage;
  @Column('jsonb') publicJwk: Record<string, string>;
  @Column('text') sealedPrivateKey: string;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz', { nullable: true }) activatedAt: Date | null;
  @Column('timestamptz', { nullable: true }) retiredAt: Date | null;
}
