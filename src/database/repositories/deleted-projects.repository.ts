import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, MoreThan } from 'typeorm';
import { DeletedProject } from '../entities/deleted-project.entity.js';
import { Organization } from '../entities/organization.entity.js';
import { Project } from '../entities/project.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';
import type { Actor } from './projects.repository.js';

/** For so long a deleted project can be restored. */
export const RESTORABLE_DAYS = 30;

export interface DeletedLine {
  readonly id: string;
  readonly name: string;
  readonly deletedAt: Date;
  /** Who deleted it; null when they have no account any more. */
  readonly email: string | null;
}

/** What became of an attempt to restore a project by a name. `taken`: another one has it. */
export interface Restoration {
  readonly outcome: 'restored' | 'taken';
  readonly name: string;
}

/** Projects that were deleted of late. Every method is confined to one organization. */
@Injectable()
export class DeletedProjects {
  constructor(private readonly dataSource: DataSource) {}

  /** Last deleted first, with the position of each. */
  async list(
    organizationId: string,
    { limit, after, at }: { limit: number; after: Position | undefined; at: Date },
  ): Promise<(DeletedLine & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT d.id, d.name, d.deleted_at AS "deletedAt", ${micros('d.deleted_at')} AS position,
              CASE WHEN u.password_hash <> '' THEN u.email END AS email
         FROM deleted_projects d LEFT JOIN users u ON u.id = d.deleted_by
        WHERE d.organization_id = $1 AND d.deleted_at > $2
          AND ($3::bigint IS NULL OR (d.deleted_at, d.id) < (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY d.deleted_at DESC, d.id DESC LIMIT $5`,
      [organizationId, restorableSince(at), after?.key ?? null, after?.id ?? null, limit],
    );
  }

  /**
   * Puts it back as it was, or by another name. Undefined: there is none to restore. The organization's restorations
   * take turns: of two projects that had one name, the second finds it taken. A name that is taken later is taken by
   * somebody who could see the list, as always.
   */
  async restore(actor: Actor, id: string, as: string | undefined, at: Date): Promise<Restoration | undefined> {
    const { organizationId } = actor;
    return this.dataSource.transaction(async (manager) => {
      await manager.findOne(Organization, { where: { id: organizationId }, lock: { mode: 'for_no_key_update' } });
      const found = await locked(manager, organizationId, id, at);
      if (!found) return undefined;
      const { deletedAt: _, deletedBy: __, ...project } = found;
      const name = as ?? project.name;
      if (await manager.existsBy(Project, { organizationId, name })) return { outcome: 'taken', name };
      await manager.delete(DeletedProject, { id });
      await manager.insert(Project, { ...project, name, ...(name !== project.name && { updatedAt: at }) });
      const names = name === project.name ? { name } : { before: project.name, after: name };
      await addAuditEvent(manager, { at, action: 'project.restored', ...actor, detail: { project: id, ...names } });
      return { outcome: 'restored', name };
    });
  }
}

/** First the row: who restores it meanwhile is over when this goes on, and what was made meanwhile is seen. */
function locked(manager: EntityManager, organizationId: string, id: string, at: Date): Promise<DeletedProject | null> {
  const where = { id, organizationId, deletedAt: MoreThan(restorableSince(at)) };
  return manager.findOne(DeletedProject, { where, lock: { mode: 'pessimistic_write' } });
}

const restorableSince = (at: Date) => new Date(at.getTime() - RESTORABLE_DAYS * 86_400_000);
