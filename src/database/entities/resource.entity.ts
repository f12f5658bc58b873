import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Scope } from '../../oauth/scope.js';

/**
 * Another MCP server that tokens of this one are for (RFC 9728 §1.2, "protected resource"), declared by an operator.
 */
@Entity('resources')
export class Resource {
  @PrimaryGeneratedColumn('uuid') id: string;
  /** Canonical; the audience of its tokens. */
  @Column('text', { unique: true }) uri: string;
  @Column('text') name: string;
  @Column('jsonb') scopes: Scope[];
  /** Who it is when it asks about a token (RFC 7662 §2.1); its secret is stored as a hash. */
  @Column('text', { unique: true }) serverId: string;
  @Column('bytea') secretHash: Buffer;
  @Column('timestamptz') createdAt: Date;
}
