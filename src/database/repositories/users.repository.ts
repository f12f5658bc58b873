import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import { Organization } from '../entities/organization.entity.js';
import { Membership } from '../entities/membership.entity.js';
import { Grant, type RevocationReason } from '../entities/grant.entity.js';
import { Session } from '../entities/session.entity.js';
import { User } from '../entities/user.entity.js';
import { addAuditEvent } from './audit-events.repository.js';

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly operator: boolean;
}

/** Nobody else may have the address. */
export class EmailTaken extends Error {}

/** Serialises the first operator: of two setups at once, one wins. */
const FIRST_OPERATOR_LOCK = 727_274_302;

@Injectable()
export class Users {
  constructor(private readonly dataSource: DataSource) {}

  /** By address in lower case, disabled people too. */
  async findByEmail(email: string): Promise<User | null> {
    return this.dataSource.manager.findOneBy(User, { email });
  }

  async find(id: string): Promise<User | null> {
    return this.dataSource.manager.findOneBy(User, { id });
  }

  async list(): Promise<User[]> {
    return this.dataSource.manager.find(User, { order: { email: 'ASC' } });
  }

  async isEmpty(): Promise<boolean> {
    return (await this.dataSource.manager.count(User, { take: 1 })) === 0;
  }

  /** Throws `EmailTaken`. */
  async create(user: NewUser, at: Date): Promise<User> {
    return this.dataSource.transaction((manager) => insertUser(manager, user, at));
  }

  /** The first operator and organization in one act; undefined when there is somebody already. */
  async createFirst(
    user: NewUser,
    organizationName: string,
    at: Date,
  ): Promise<{ user: User; organization: Organization } | undefined> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [FIRST_OPERATOR_LOCK]);
      if (await manager.exists(User)) return undefined;
      const created = await insertUser(manager, user, at);
      const organization = await manager.save(Organization, { name: organizationName, createdAt: at });
      await manager.insert(Membership, {
        userId: created.id,
        organizationId: organization.id,
        role: 'owner',
        createdAt: at,
      });
      await addAuditEvent(manager, {
        at,
        action: 'organization.created',
        userId: created.id,
        organizationId: organization.id,
      });
      return { user: created, organization };
    });
  }

  async setPassword(userId: string, passwordHash: string, at: Date): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(User, { id: userId }, { passwordHash });
      await shutOut(manager, userId, 'password_changed', at);
      await addAuditEvent(manager, { at, action: 'user.password_set', userId });
    });
  }

  /** Disables somebody, ends their sessions and every connection they approved, in one transaction. False: was disabled already. */
  async disable(userId: string, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(User, { id: userId, disabledAt: IsNull() }, { disabledAt: at });
      if (affected !== 1) return false;
      await shutOut(manager, userId, 'user_disabled', at);
      await addAuditEvent(manager, { at, action: 'user.disabled', userId });
      return true;
    });
  }
}

async function insertUser(manager: EntityManager, user: NewUser, at: Date): Promise<User> {
  const { identifiers } = await manager
    .createQueryBuilder()
    .insert()
    .into(User)
    .values({ ...user, createdAt: at })
    .orIgnore()
    .execute();
  const id = (identifiers[0] as { id?: string } | undefined)?.id;
  if (!id) throw new EmailTaken();
  await addAuditEvent(manager, { at, action: 'user.created', userId: id });
  return manager.findOneByOrFail(User, { id });
}

async function shutOut(manager: EntityManager, userId: string, because: RevocationReason, at: Date): Promise<void> {
  await manager.delete(Session, { userId });
  await manager.update(Grant, { userId, revokedAt: IsNull() }, { revokedAt: at, revokedBecause: because });
}
