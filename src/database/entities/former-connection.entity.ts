import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What is left of a grant that was swept, so that the log, which stays, goes on naming its tool. */
@Entity('former_connections')
export class FormerConnection {
  /** Of the grant. */
  @PrimaryColumn('uuid') id: string;
  @Column('uuid') organizationId: string;
  @Index('former_connections_client') @Column('uuid') clientId: string;
}
