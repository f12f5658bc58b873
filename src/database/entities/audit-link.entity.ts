import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One link of the chain over the audit log, in the order events were sealed. Written once, never changed. */
@Entity('audit_chain')
export class AuditLink {
  /** Without a gap, from 1 on. */
  @PrimaryColumn('bigint') seq: string;
  @Column('bigint', { unique: true }) eventId: string;
  /** MAC over the link before and the event. */
  @Column('bytea') mac: Buffer;
}
