import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * Who did what, when, from where. Written in the transaction of the act itself, never changed. Holds no secret. Each
 * index is the way of a filter of the log, in the order the log is read.
 */
@Entity('audit_events')
@Index('audit_events_at', ['at', 'id'])
@Index('audit_events_action', ['action', 'at', 'id'])
@Index('audit_events_organization', ['organizationId', 'at', 'id'])
@Index('audit_events_organization_action', ['organizationId', 'action', 'at', 'id'])
@Index('audit_events_user', ['userId', 'at', 'id'])
@Index('audit_events_grant', ['grantId', 'at', 'id'])
@Index('audit_events_address', ['address', 'at', 'id'])
@Index('audit_events_by', { synchronize: false })
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id: string;
  @Column('timestamptz') at: Date;
  @Column('text') action: string;
  /** Whom it is about; and who did it, unless `detail.by` is somebody else or it came from the command line. */
  @Column('uuid', { nullable: true }) userId: string | null;
  @Column('uuid', { nullable: true }) organizationId: string | null;
  @Column('uuid', { nullable: true }) grantId: string | null;
  /** What else there is to know: `by`, who did it; `before` and `after`, of what was changed. */
  @Column('jsonb', { default: {} }) detail: Record<string, unknown>;
  /** Where it was asked for from: an address, or the command line; null: the server did it by itself. */
  @Column('text', { nullable: true }) address: string | null;
}
