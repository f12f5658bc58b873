import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Organization } from '../entities/organization.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { hasSecondFactor, WITHOUT_REQUIRED_FACTOR } from './second-factors.sql.js';

/** Members who have no second factor, and their connections: those end when one is required. */
export interface Lacking {
  /** By address, as many as were asked for. */
  readonly members: readonly { readonly email: string; readonly name: string; readonly connections: number }[];
  readonly total: { readonly members: number; readonly connections: number };
}

/** Organizations that require a second factor of their members. */
@Injectable()
export class RequiredFactors {
  constructor(private readonly dataSource: DataSource) {}

  async lacking(organizationId: string, limit: number, at: Date): Promise<Lacking> {
    const rows = await this.dataSource.query<
      { email: string; name: string; connections: number; all_members: number; all_connections: number }[]
    >(
      `SELECT l.*, count(*) OVER ()::int AS all_members, sum(connections) OVER ()::int AS all_connections
         FROM (SELECT u.email, u.name,
                      (SELECT count(*)::int FROM grants g WHERE g.user_id = m.user_id AND g.organization_id = m.organization_id
                          AND g.revoked_at IS NULL AND g.expires_at > $2) AS connections
                 FROM memberships m JOIN users u ON u.id = m.user_id
                WHERE m.organization_id = $1 AND u.disabled_at IS NULL AND NOT ${hasSecondFactor('m.user_id')}) l
        ORDER BY email LIMIT $3`,
      [organizationId, at, limit],
    );
    const [first] = rows;
    return {
      members: rows.map(({ email, name, connections }) => ({ email, name, connections })),
      total: { members: first?.all_members ?? 0, connections: first?.all_connections ?? 0 },
    };
  }

  /**
   * From now on it is required, or no longer: the connections that ended, and whose they were. First the organization's row:
   * approvals under way hold it and are over when this goes on; those to come wait, and find it required. Undefined: it
   * was so before.
   */
  async change(
    { organizationId, required, by }: { organizationId: string; required: boolean; by: string },
    at: Date,
  ): Promise<{ ended: Ended; people: { email: string; locale: string | null }[] } | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const before = { id: organizationId, requiresSecondFactor: !required };
      const { affected } = await manager.update(Organization, before, { requiresSecondFactor: required });
      if (affected !== 1) return undefined;
      const ending = { because: 'second_factor_missing', at, by } as const;
      const ended = await endGrants(manager, { organization_id: organizationId }, ending, WITHOUT_REQUIRED_FACTOR);
      await addAuditEvent(manager, {
        at,
        action: required ? 'organization.second_factor_required' : 'organization.second_factor_optional',
        userId: by,
        organizationId,
        detail: required
          ? { before: 'optional', after: 'required', connections: ended.live }
          : { before: 'required', after: 'optional' },
      });
      const people = await manager.query<{ email: string; locale: string | null }[]>(
        `SELECT u.email, u.locale FROM users u
          WHERE u.id IN (SELECT user_id FROM grants WHERE id = ANY ($1) AND expires_at > $2) ORDER BY u.email`,
        [ended.grantIds, at],
      );
      return { ended, people };
    });
  }
}
