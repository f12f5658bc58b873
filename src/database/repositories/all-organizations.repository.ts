import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not } from 'typeorm';
import { Organization } from '../entities/organization.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { isValid } from './grants.sql.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';

/** An organization, as operators see it. */
export interface OrganizationLine {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly suspendedAt: Date | null;
}

/** Every organization, for operators. */
@Injectable()
export class AllOrganizations {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, with the position of each. `search`: part of a name. */
  async list(
    { search, suspended, after }: { search: string; suspended: boolean; after: Position | undefined },
    limit: number,
  ): Promise<(OrganizationLine & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT id, name, created_at AS "createdAt", suspended_at AS "suspendedAt", ${micros('created_at')} AS position
         FROM organizations
        WHERE ($1 = '' OR strpos(lower(name), lower($1)) > 0) AND (NOT $2 OR suspended_at IS NOT NULL)
          AND ($3::bigint IS NULL OR (created_at, id) < (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $5`,
      [search, suspended, after?.key ?? null, after?.id ?? null, limit],
    );
  }

  async find(id: string): Promise<OrganizationLine | null> {
    return this.dataSource.manager.findOneBy(Organization, { id });
  }

  /** How many connections ending all of them ends: codes that were not redeemed yet, too. */
  async connections(id: string, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM grants g WHERE g.organization_id = $1 AND ${isValid('g', '$2')}`,
      [id, at],
    );
    return row!.n;
  }

  /**
   * No tool works for it from now on: its connections end. First its row: approvals under way hold it and are over when
   * this goes on; those to come wait, and find it suspended. Undefined: it was suspended before.
   */
  async suspend(id: string, by: string, at: Date): Promise<Ended | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(Organization, { id, suspendedAt: IsNull() }, { suspendedAt: at });
      if (affected !== 1) return undefined;
      const ended = await endGrants(manager, { organization_id: id }, { because: 'organization_suspended', at, by });
      const detail = { connections: ended.live };
      await addAuditEvent(manager, { at, action: 'organization.suspended', userId: by, organizationId: id, detail });
      return ended;
    });
  }

  /** Tools may be connected for it again. What ended stays ended. False: it was not suspended. */
  async resume(id: string, by: string, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(
        Organization,
        { id, suspendedAt: Not(IsNull()) },
        { suspendedAt: null },
      );
      if (affected !== 1) return false;
      await addAuditEvent(manager, { at, action: 'organization.resumed', userId: by, organizationId: id });
      return true;
    });
  }
}
