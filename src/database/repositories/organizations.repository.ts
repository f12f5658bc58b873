import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { Membership } from '../entities/membership.entity.js';
import { Organization } from '../entities/organization.entity.js';
import { User } from '../entities/user.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import type { Position } from './keyset.sql.js';

/** An organization as one of its members sees it. */
export interface OwnOrganization {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly members: number;
  readonly createdAt: Date;
  readonly suspendedAt: Date | null;
  readonly requiresSecondFactor: boolean;
}

const OWN = `SELECT o.id, o.name, m.role, o.created_at AS "createdAt", o.suspended_at AS "suspendedAt",
       o.requires_second_factor AS "requiresSecondFactor", lower(o.name) AS position,
       (SELECT count(*)::int FROM memberships WHERE organization_id = o.id) AS members
  FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = $1`;

/** More than people need, and few enough that nobody fills the tables, and the lists of operators, with empty ones. */
export const MOST_OWNED = 20;

@Injectable()
export class Organizations {
  constructor(private readonly dataSource: DataSource) {}

  async list(): Promise<Organization[]> {
    return this.dataSource.manager.find(Organization, { order: { name: 'ASC' } });
  }

  async find(id: string): Promise<Organization | null> {
    return this.dataSource.manager.findOneBy(Organization, { id });
  }

  /** Those somebody belongs to, by name, with the position of each. `search`: part of a name. */
  async ofUser(
    userId: string,
    { search, after, limit }: { search: string; after: Position | undefined; limit: number },
  ): Promise<(OwnOrganization & { readonly position: string })[]> {
    return this.dataSource.query(
      `${OWN} AND ($2 = '' OR strpos(lower(o.name), lower($2)) > 0)
          AND ($3::text IS NULL OR (lower(o.name), o.id) > ($3, $4::uuid))
        ORDER BY lower(o.name), o.id LIMIT $5`,
      [userId, search, after?.key ?? null, after?.id ?? null, limit],
    );
  }

  /** One somebody belongs to; undefined for a stranger. */
  async ownOf(userId: string, id: string): Promise<OwnOrganization | undefined> {
    const [own] = await this.dataSource.query<OwnOrganization[]>(`${OWN} AND o.id = $2`, [userId, id]);
    return own;
  }

  /** Of those that are not suspended the one somebody chose; the first by name, if they chose none of them. */
  async shownTo(userId: string, chosen: string | null): Promise<OwnOrganization | undefined> {
    const [own] = await this.dataSource.query<OwnOrganization[]>(
      `${OWN} AND o.suspended_at IS NULL ORDER BY o.id IS NOT DISTINCT FROM $2 DESC, lower(o.name), o.id LIMIT 1`,
      [userId, chosen],
    );
    return own;
  }

  /** The role somebody has there; undefined for a stranger. */
  async roleOf(userId: string, organizationId: string): Promise<Role | undefined> {
    return (await this.dataSource.manager.findOneBy(Membership, { userId, organizationId }))?.role;
  }

  /** A new organization with its owner. */
  async create(name: string, ownerId: string, at: Date): Promise<Organization> {
    return this.dataSource.transaction((manager) => insertOrganization(manager, name, ownerId, at));
  }

  /** One that somebody makes for themselves; undefined: they own as many as one may, and are no operator. */
  async createOwn(name: string, userId: string, at: Date): Promise<Organization | undefined> {
    return this.dataSource.transaction(async (manager) => {
      // In turn: of two made at once, the second counts the first.
      const lock = { mode: 'for_no_key_update' } as const;
      const { operator } = await manager.findOneOrFail(User, { where: { id: userId }, lock });
      const owned = operator ? 0 : await manager.countBy(Membership, { userId, role: 'owner' });
      return owned >= MOST_OWNED ? undefined : insertOrganization(manager, name, userId, at);
    });
  }

  async rename(id: string, name: string, userId: string, at: Date): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const organization = await manager.findOneOrFail(Organization, {
        where: { id },
        lock: { mode: 'for_no_key_update' },
      });
      await manager.update(Organization, { id }, { name });
      const detail = { before: organization.name, after: name };
      await addAuditEvent(manager, { at, action: 'organization.renamed', userId, organizationId: id, detail });
    });
  }

  /** False when they belong to it already. */
  async addMember(organizationId: string, userId: string, role: Role, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if (await manager.existsBy(Membership, { userId, organizationId })) return false;
      await manager.insert(Membership, { userId, organizationId, role, createdAt: at });
      await addAuditEvent(manager, { at, action: 'member.added', userId, organizationId, detail: { role } });
      return true;
    });
  }
}

/** With its owner, in the caller's transaction. */
export async function insertOrganization(
  manager: EntityManager,
  name: string,
  ownerId: string,
  at: Date,
): Promise<Organization> {
  const organization = await manager.save(Organization, { name, createdAt: at });
  const organizationId = organization.id;
  await manager.insert(Membership, { userId: ownerId, organizationId, role: 'owner', createdAt: at });
  await addAuditEvent(manager, { at, action: 'organization.created', userId: ownerId, organizationId });
  return organization;
}
