import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { actedFrom } from '../../config/acting-from.js';
import { AuditEvent } from '../entities/audit-event.entity.js';

export type NewAuditEvent = Pick<AuditEvent, 'at' | 'action'> &
  Partial<Pick<AuditEvent, 'userId' | 'organizationId' | 'grantId' | 'detail' | 'address'>>;

@Injectable()
export class AuditEvents {
  constructor(private readonly dataSource: DataSource) {}

  async add(event: NewAuditEvent): Promise<void> {
    await addAuditEvent(this.dataSource.manager, event);
  }
}

/**
 * For repositories that write the event in the transaction of the act. Where a person asked for it from is known here.
 */
export async function addAuditEvent(manager: EntityManager, event: NewAuditEvent): Promise<void> {
  const row = { address: actedFrom(), ...event };
  await manager.insert(AuditEvent, row as Parameters<typeof manager.insert<AuditEvent>>[1]);
}
