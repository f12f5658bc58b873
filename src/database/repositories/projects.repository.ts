import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Project } from '../entities/project.entity.js';
import { addAuditEvent } from './audit-events.repository.js';

/** Who does something to a project, and through which connection when it is a tool. */
export interface Actor {
  readonly userId: string;
  readonly organizationId: string;
  readonly grantId?: string;
}

/** Every method is confined to one organization: an id of another one is not found. */
@Injectable()
export class Projects {
  constructor(private readonly dataSource: DataSource) {}

  /** Oldest first; `after` is the id of the last one seen. */
  async list(organizationId: string, limit: number, after?: string): Promise<Project[]> {
    const query = this.dataSource.manager
      .createQueryBuilder(Project, 'p')
      .where('p.organization_id = :organizationId', { organizationId })
      .orderBy('p.createdAt', 'ASC')
      .addOrderBy('p.id', 'ASC')
      .limit(limit);
    if (after)
      query.andWhere(
        '(p.created_at, p.id) > (SELECT created_at, id FROM projects WHERE id = :after AND organization_id = :organizationId)',
        { after },
      );
    return query.getMany();
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

  /** Whether there was one to delete. */
  async delete(actor: Actor, id: string, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const project = await locked(manager, actor.organizationId, id);
      if (!project) return false;
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
