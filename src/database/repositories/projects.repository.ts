import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DeletedProject } from '../entities/deleted-project.entity.js';
import { Project } from '../entities/project.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';

/** Who does something to a project; through which connection and from where when it is a tool. */
export interface Actor {
  readonly userId: string;
  readonly organizationId: string;
  readonly grantId?: string;
  readonly address?: string;
}

/** Every method is confined to one organization: an id of another one is not found. */
@Injectable()
export class Projects {
  constructor(private readonly dataSource: DataSource) {}

  /** Oldest first, with the position of each. `search`: part of a name. */
  async list(
    organizationId: string,
    limit: number,
    after?: Position,
    search = '',
  ): Promise<(Project & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT id, organization_id AS "organizationId", name, created_at AS "createdAt", updated_at AS "updatedAt",
              ${micros('created_at')} AS position
         FROM projects
        WHERE organization_id = $1 AND ($5 = '' OR strpos(lower(name), lower($5)) > 0)
          AND ($2::bigint IS NULL OR (created_at, id) > (${timeOfMicros('$2')}, $3::uuid))
        ORDER BY created_at, id LIMIT $4`,
      [organizationId, after?.key ?? null, after?.id ?? null, limit, search],
    );
  }

  async find(organizationId: string, id: string): Promise<Project | null> {
    return this.dataSource.manager.findOneBy(Project, { id, organizationId });
  }

  async create(actor: Actor, name: string, at: Date): Promise<Project> {
    return this.dataSource.transaction(async (manager) => {
      const project = await manager.save(Project, {
        organizationId: actor.organizationId,
        name,
        createdAt: at,
        updatedAt: at,
      });
      await addAuditEvent(manager, { at, action: 'project.created', ...actor, detail: { project: project.id, name } });
      return project;
    });
  }

  /** The renamed project; null when the organization has none of this id. */
  async rename(actor: Actor, id: string, name: string, at: Date): Promise<Project | null> {
    return this.dataSource.transaction(async (manager) => {
      const project = await locked(manager, actor.organizationId, id);
      if (!project) return null;
      await manager.update(Project, { id }, { name, updatedAt: at });
      const detail = { project: id, before: project.name, after: name };
      await addAuditEvent(manager, { at, action: 'project.renamed', ...actor, detail });
      return manager.findOneByOrFail(Project, { id });
    });
  }

  /** Whether there was one to delete. It is kept for a while, where nothing but its restoration finds it. */
  async delete(actor: Actor, id: string, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const project = await locked(manager, actor.organizationId, id);
      if (!project) return false;
      await manager.insert(DeletedProject, { ...project, deletedAt: at, deletedBy: actor.userId });
      await manager.delete(Project, { id });
      const detail = { project: id, name: project.name };
      await addAuditEvent(manager, { at, action: 'project.deleted', ...actor, detail });
      return true;
    });
  }
}

/** One that is about to change: whoever comes meanwhile waits, and finds what it became. */
function locked(manager: EntityManager, organizationId: string, id: string): Promise<Project | null> {
  return manager.findOne(Project, { where: { id, organizationId }, lock: { mode: 'for_no_key_update' } });
}
