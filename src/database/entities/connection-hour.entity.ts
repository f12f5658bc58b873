import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What one connection did in one hour. Written in batches by each node, added to what is there; the indexed columns
 * never change, so PostgreSQL updates in place (HOT). No reference to the grant: a batch must not fail, or wait, for
 * one row.
 */
@Entity('connection_hours')
@Index(['organizationId', 'hour'])
@Index(['hour'])
export class ConnectionHour {
  @PrimaryColumn('uuid') grantId: string;
  /** When it began. */
  @PrimaryColumn('timestamptz') hour: Date;
  @Column('uuid') organizationId: string;
  @Column('integer') calls: number;
  /** Of these calls. */
  @Column('integer') failures: number;
  /** The permissions it made use of. */
  @Column('text', { array: true }) scopes: string[];
  /** How often it called which MCP tool of this server. */
  @Column('jsonb') tools: Record<string, number>;
}
