import type { EntityManager } from 'typeorm';
import type { RevocationReason } from '../entities/grant.entity.js';

/** Connections that an act ended. */
export interface Ended {
  readonly grantIds: readonly string[];
  /** How many of them worked: others were over, but for a token that may not have been. */
  readonly live: number;
}

/** Ends everything of a client, an organization or a resource. The caller holds the row of what it is of. */
export async function endGrants(
  manager: EntityManager,
  of: { readonly column: 'client_id' | 'organization_id' | 'resource'; readonly value: string },
  because: RevocationReason,
  at: Date,
): Promise<Ended> {
  const [rows] = await manager.query<[{ id: string; live: boolean }[], number]>(
    `UPDATE grants SET revoked_at = $2, revoked_because = $3 WHERE ${of.column} = $1 AND revoked_at IS NULL
      RETURNING id, expires_at > $2 AS live`,
    [of.value, at, because],
  );
  return { grantIds: rows.map(({ id }) => id), live: rows.filter(({ live }) => live).length };
}
