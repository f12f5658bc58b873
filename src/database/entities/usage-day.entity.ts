import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the calls of a day are summed up by. */
export type UsageSubject = 'organization' | 'client' | 'person' | 'mcp-tool';

/**
 * The calls of an organization in one day (of a person: in one week), summed up as they are written down, so that the
 * page of its usage reads a few hundred rows however many connections there are.
 */
@Entity('usage_days')
@Index(['day'])
export class UsageDay {
  @PrimaryColumn('uuid') organizationId: string;
  @PrimaryColumn('text') kind: UsageSubject;
  /** Of a person: the Monday of the week. */
  @PrimaryColumn('date') day: string;
  /** The key of the client or person, the name of the MCP tool; empty for the organization as a whole. */
  @PrimaryColumn('text') subject: string;
  @Column('integer') calls: number;
  /** Of these calls; of MCP tools it is not counted. */
  @Column('integer') failures: number;
}
