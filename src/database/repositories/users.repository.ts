import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, Not } from 'typeorm';
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
  readonly locale?: string;
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

  /**
   * A new password in place of this very one: of two changes at once, one is made. Ends the person's other sessions (all
   * but `keep`), and their connections when `tools` is set. False: the password was another.
   */
  async changePassword(
    { userId, from, to, keep, tools }: { userId: string; from: string; to: string; keep?: Buffer; tools: boolean },
    at: Date,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(User, { id: userId, passwordHash: from }, { passwordHash: to });
      if (affected !== 1) return false;
      await manager.delete(Session, keep ? { userId, idHash: Not(keep) } : { userId });
      if (tools)
        await manager.update(
          Grant,
          { userId, revokedAt: IsNull() },
          { revokedAt: at, revokedBecause: 'password_changed' },
        );
      await addAuditEvent(manager, { at, action: 'user.password_changed', userId, detail: { tools } });
      return true;
    });
  }

  /** A new address in place of this very one. False: it was another, or somebody has the new one. */
  async changeEmail({ userId, from, to }: { userId: string; from: string; to: string }, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const changed = await manager.query<unknown[]>(
        `UPDATE users SET email = $3 WHERE id = $1 AND email = $2 AND disabled_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM users WHERE email = $3) RETURNING id`,
        [userId, from, to],
      );
      if (changed[1] !== 1) return false;
      await addAuditEvent(manager, { at, action: 'user.email_changed', userId, detail: { from, to } });
      return true;
    });
  }

  async setLocale(userId: string, locale: string): Promise<void> {
    await this.dataSource.manager.update(User, { id: userId }, { locale });
  }

  async rename(userId: string, name: string): Promise<void> {
    await this.dataSource.manager.update(User, { id: userId }, { name });
  }

  /** Organizations that would be left without an owner while others are in them: their names. */
  async solelyOwned(userId: string): Promise<string[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(
      `SELECT o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
        WHERE m.user_id = $1 AND m.role = 'owner'
          AND NOT EXISTS (SELECT 1 FROM memberships x WHERE x.organization_id = o.id AND x.user_id <> $1 AND x.role = 'owner')
          AND EXISTS (SELECT 1 FROM memberships x WHERE x.organization_id = o.id AND x.user_id <> $1)
        ORDER BY o.name`,
      [userId],
    );
    return rows.map(({ name }) => name);
  }

  /**
   * Takes somebody's account away for good: sessions, connections and memberships end, the address is free again, and
   * nobody who gets it inherits anything. What they did stays in the audit log, under their id.
   */
  async erase(userId: string, at: Date): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await shutOut(manager, userId, 'user_disabled', at);
      await manager.delete(Membership, { userId });
      await manager.update(
        User,
        { id: userId },
        { email: `erased-${userId}`, name: '', passwordHash: '', operator: false, disabledAt: at },
      );
      await addAuditEvent(manager, { at, action: 'user.erased', userId });
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
