import type { EntityManager } from 'typeorm';
import { actedFrom } from '../../config/acting-from.js';
import type { RevocationReason } from '../entities/grant.entity.js';
import { noteEnded } from '../endings.js';
import { takeTime } from '../silence.js';
import { auditGrants, endingDetail } from './audit.sql.js';

/** What the connections to end have in common. */
type Common =
  | { readonly user_id: string; readonly organization_id?: string }
  | { readonly organization_id: string }
  | { readonly client_id: string }
  | { readonly resource: string };

/** Connections that an act ended. */
export interface Ended {
  readonly grantIds: readonly string[];
  /** How many of them worked: others were over, but for a token that may not have been. */
  readonly live: number;
}

interface Ending {
  readonly because: RevocationReason;
  readonly at: Date;
  /** Who ends them, when that is not the person they belong to. */
  readonly by?: string | undefined;
}

/**
 * Ends connections, in the transaction of the act that is the reason: which. Expired ones too, as a token of theirs may
 * not have been; each that was still valid has an event of its own, so that the log answers for every connection when,
 * why and by whom it ended. `only`: those of `grants` this is true of.
 */
export async function endGrants(
  manager: EntityManager,
  common: Common,
  { because, at, by }: Ending,
  only = 'true',
): Promise<Ended> {
  await takeTime(manager);
  const conditions = Object.keys(common).map((column, index) => `${column} = $${index + 5}`);
  const rows = await manager.query<{ id: string; live: boolean }[]>(
    `WITH revoked AS (
        UPDATE grants SET revoked_at = $1, revoked_because = $2 WHERE revoked_at IS NULL AND ${conditions.join(' AND ')} AND ${only}
        RETURNING id, user_id, organization_id, expires_at
      ), ended AS (SELECT * FROM revoked WHERE expires_at > $1)
      , audited AS (${auditGrants('ended', { at: '$1', action: `'grant.revoked'`, address: '$4', detail: endingDetail('$2', '$3') })})
      SELECT id, expires_at > $1 AS live FROM revoked`,
    [at, because, by ?? null, actedFrom(), ...Object.values(common)],
  );
  noteEnded(manager, rows);
  return { grantIds: rows.map(({ id }) => id), live: rows.filter(({ live }) => live).length };
}
