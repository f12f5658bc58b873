import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An authorization request somebody denied: Back and "Approve" cannot revive it. Gone once the request has expired. */
@Entity('denied_requests')
export class DeniedRequest {
  @PrimaryColumn('uuid') requestId: string;
  @Column('timestamptz') expiresAt: Date;
}
