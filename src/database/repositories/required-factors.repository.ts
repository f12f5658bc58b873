import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Organization } from '../entities/organization.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { isValid } from './grants.sql.js';
import { MEMBERS } from './memberships.sql.js';
import { hasSecondFactor, WITHOUT_REQUIRED_FACTOR } from './second-factors.sql.js';

/** A member who has no second factor, and how many connections of theirs end when one is required. */
interface LackingMember {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly connections: number;
}

export interface LackingFilter {
  /** Part of an address or name. */
  readonly search: string;
  /** Only those who have connections. */
  readonly connected: boolean;
  /** The address the page before ended with. */
  readonly after: string | undefined;
}

/** Of the organization $1, at $2. */
const LACKING = `(SELECT m.user_id AS "userId", u.email, u.name,
         (SELECT count(*)::int FROM grants g WHERE g.user_id = m.user_id AND g.organization_id = m.organization_id
             AND ${isValid('g', '$2')}) AS connections
    FROM ${MEMBERS}
   WHERE m.organization_id = $1 AND u.disabled_at IS NULL AND NOT ${hasSecondFactor('m.user_id')}) lacking`;

/** Organizations that require a second factor of their members. */
@Injectable()
export class RequiredFactors {
  constructor(private readonly dataSource: DataSource) {}

  /** Members who have none, by address. */
  async lacking(
    organizationId: string,
    { search, connected, after }: LackingFilter,
    limit: number,
    at: Date,
  ): Promise<LackingMember[]> {
    return this.dataSource.query(
      `SELECT * FROM ${LACKING}
        WHERE ($3 = '' OR strpos(email, lower($3)) > 0 OR strpos(lower(name), lower($3)) > 0)
          AND (NOT $4 OR connections > 0) AND ($5::text IS NULL OR email > $5) ORDER BY email LIMIT $6`,
      [organizationId, at, search, connected, after ?? null, limit],
    );
  }

  /** How many there are, and how many connections they have. */
  async countLacking(organizationId: string, at: Date): Promise<{ members: number; connections: number }> {
    const [row] = await this.dataSource.query<{ members: number; connections: number }[]>(
      `SELECT count(*)::int AS members, coalesce(sum(connections), 0)::int AS connections FROM ${LACKING}`,
      [organizationId, at],
    );
    return row!;
  }

  /**
   * From now on it is required, or no longer: the connections that ended, and whose they were. First the organization's
   * row: approvals under way hold it and are over when this goes on; those to come wait, and find it required.
   * Undefined: it was so before.
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
