import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Resource } from '../entities/resource.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { isLive } from './grants.sql.js';

export type NewResource = Pick<Resource, 'uri' | 'name' | 'scopes' | 'serverId' | 'secretHash'>;

type Changes = Partial<Pick<Resource, 'name' | 'scopes' | 'secretHash'>>;

/** The resources operators declared. Each change is in the audit log, written by the same transaction. */
@Injectable()
export class StoredResources {
  constructor(private readonly dataSource: DataSource) {}

  /** In the order they were declared. */
  async list(): Promise<Resource[]> {
    return this.dataSource.manager.find(Resource, { order: { createdAt: 'ASC', uri: 'ASC' } });
  }

  /** By the id of its row. */
  async find(id: string): Promise<Resource | null> {
    return this.dataSource.manager.findOneBy(Resource, { id });
  }

  /** `by`, here and below: the operator who did; none on the command line. False: there is one of this URI. */
  async add(resource: NewResource, at: Date, by?: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const inserted = await manager
        .createQueryBuilder()
        .insert()
        .into(Resource)
        .values({ ...resource, createdAt: at })
        .orIgnore()
        .returning('id')
        .execute();
      if ((inserted.raw as unknown[]).length === 0) return false;
      await addAuditEvent(manager, { at, action: 'resource.declared', detail: { resource: resource.uri, by } });
      return true;
    });
  }

  /**
   * Changes name, scopes or secret; given as a function, as it is at that moment. False: there is none of this URI, or
   * nothing to change.
   */
  async change(
    uri: string,
    given: Changes | ((before: Resource) => Changes | undefined),
    at: Date,
    by?: string,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const before = await manager.findOne(Resource, { where: { uri }, lock: { mode: 'for_no_key_update' } });
      const changes = before && (typeof given === 'function' ? given(before) : given);
      if (!changes) return false;
      await manager.update(Resource, { uri }, changes);
      const changed = Object.keys(changes).map((name) => (name === 'secretHash' ? 'secret' : name));
      const seen = { before: described(before, changes), after: described(changes, changes) };
      await addAuditEvent(manager, { at, action: 'resource.changed', detail: { resource: uri, changed, ...seen, by } });
      return true;
    });
  }

  /** Removes it and ends its connections: which. Undefined: there is none of this URI. */
  async remove(uri: string, at: Date, by?: string): Promise<Ended | undefined> {
    return this.dataSource.transaction(async (manager) => {
      // First the resource: an approval under way holds its row, and is over when this goes on.
      const { affected } = await manager.delete(Resource, { uri });
      if (affected !== 1) return undefined;
      const ended = await endGrants(manager, { resource: uri }, { because: 'resource_removed', at, by });
      const detail = { resource: uri, by, connections: ended.live };
      await addAuditEvent(manager, { at, action: 'resource.removed', detail });
      return ended;
    });
  }

  /** How many live connections each has. */
  async connections(uri: string, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM grants g WHERE g.resource = $1 AND ${isLive('g', '$2')}`,
      [uri, at],
    );
    return row!.n;
  }
}

type Described = Partial<Pick<Resource, 'name' | 'scopes'>>;

/** What the log shows of a resource, of that which changes. Its secret is nobody's business. */
function described({ name, scopes }: Described, changes: Described): Record<string, unknown> {
  return {
    ...(changes.name !== undefined && { name }),
    ...(changes.scopes && { scopes: scopes?.map((scope) => scope.name) }),
  };
}
