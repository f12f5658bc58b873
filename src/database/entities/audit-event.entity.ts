import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Who did what, when. Written in the transaction of the act itself, never changed. Holds no secret. */
@Entity('audit_events')
@Index(['organizationId', 'id'])
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id: string;
  @Column('timestamptz') at: Date;
  @Column('text') action: string;
  @Column('uuid', { nullable: true }) userId: string | null;
  @Column('uuid', { nullable: true }) organizationId: string | null;
  @Column('uuid', { nullable: true }) grantId: string | null;
  @Column('jsonb', { default: {} }) detail: Record<string, unknown>;
}
