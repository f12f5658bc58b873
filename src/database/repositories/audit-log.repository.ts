import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What an organization's log tells of. Other events belong to accounts and to the server. */
export const ORGANIZATION_ACTIONS = [
  'grant.approved',
  'grant.revoked',
  'grant.narrowed',
  'authorization.denied',
  'member.invited',
  'member.invitation_revoked',
  'member.joined',
  'member.added',
  'member.role_changed',
  'member.removed',
  'organization.created',
  'organization.renamed',
  'organization.suspended',
  'organization.resumed',
  'policy.changed',
  'access.requested',
  'access.approved',
  'access.refused',
  'project.created',
  'project.renamed',
  'project.deleted',
] as const;
export type OrganizationAction = (typeof ORGANIZATION_ACTIONS)[number];

/** One line of the log, spelt as it is exported. */
export interface AuditLine {
  readonly id: string;
  readonly at: Date;
  readonly action: OrganizationAction;
  /** Who did it; null when that account is gone or it was the server itself. */
  readonly person: string | null;
  readonly user_id: string | null;
  readonly connection: string | null;
  /** What the tool calls itself, of a connection. */
  readonly tool: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  readonly action: OrganizationAction | undefined;
  /** Part of an address. */
  readonly person: string;
}

const EXPORTED_AT_ONCE = 1_000;

/** What happened in an organization, newest first. */
@Injectable()
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  /** `before`: the id of the last line of the page before. */
  async list(
    organizationId: string,
    { action, person }: AuditFilter,
    before: string | undefined,
    limit: number,
  ): Promise<AuditLine[]> {
    return this.dataSource.query<AuditLine[]>(
      `SELECT e.id, e.at, e.action, u.email AS person, e.user_id, e.grant_id AS connection,
              c.metadata->>'client_name' AS tool, e.detail
         FROM audit_events e LEFT JOIN users u ON u.id = e.user_id
         LEFT JOIN grants g ON g.id = e.grant_id LEFT JOIN clients c ON c.id = g.client_id
        WHERE e.organization_id = $1 AND e.action = ANY ($2) AND ($3 = '' OR strpos(u.email, lower($3)) > 0)
          AND ($4::bigint IS NULL OR e.id < $4)
        ORDER BY e.id DESC LIMIT $5`,
      [organizationId, action ? [action] : ORGANIZATION_ACTIONS, person, before ?? null, limit],
    );
  }

  /** All of it, page by page, so that no export is held in memory. */
  async *export(organizationId: string, filter: AuditFilter): AsyncGenerator<AuditLine> {
    for (let before: string | undefined; ;) {
      const page = await this.list(organizationId, filter, before, EXPORTED_AT_ONCE);
      yield* page;
      before = page.at(-1)?.id;
      if (page.length < EXPORTED_AT_ONCE) return;
    }
  }
}
