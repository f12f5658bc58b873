import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * When a connection was last used, and from where; no row: not since it was made. Apart from the grant, since the order
 * of a list needs an index on a column that changes, and grants are updated in place (HOT). It moves once a minute at
 * most.
 */
@Entity('connection_uses')
@Index(['organizationId', 'usedAt', 'grantId'])
export class ConnectionUse {
  @PrimaryColumn('uuid') grantId: string;
  @Column('uuid') organizationId: string;
  @Column('timestamptz') usedAt: Date;
  /** Empty when its calls reach us through the server of another resource. */
  @Column('text') address: string;
}
