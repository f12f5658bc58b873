import type { EntityManager } from 'typeorm';
import type { RevocationReason } from '../entities/grant.entity.js';
import { Session } from '../entities/session.entity.js';
import { type Ended, endGrants } from './end-grants.js';

/** Ends every session and every connection of a person. */
export async function shutOut(
  manager: EntityManager,
  userId: string,
  ending: { because: RevocationReason; at: Date; by?: string | undefined },
): Promise<Ended> {
  await manager.delete(Session, { userId });
  return endGrants(manager, { user_id: userId }, ending);
}
