import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, Not } from 'typeorm';
import type { Organization } from '../entities/organization.entity.js';
import { Session } from '../entities/session.entity.js';
import { User } from '../entities/user.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { endGrants } from './end-grants.js';
import { insertOrganization } from './organizations.repository.js';
import { shutOut } from './shut-out.js';

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

/** Who has an account, and what they change about it themselves. */
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
      return { user: created, organization: await insertOrganization(manager, organizationName, created.id, at) };
    });
  }

  async setPassword(userId: string, passwordHash: string, at: Date): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(User, { id: userId }, { passwordHash });
      await shutOut(manager, userId, { because: 'password_changed', at });
      await addAuditEvent(manager, { at, action: 'user.password_set', userId });
    });
  }

  /**
   * A new password in place of this very one: of two changes at once, one is made. Ends the person's other sessions
   * (all but `keep`), and their connections when `tools` is set. False: the password was another.
   */
  async changePassword(
    { userId, from, to, keep, tools }: { userId: string; from: string; to: string; keep?: Buffer; tools: boolean },
    at: Date,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(User, { id: userId, passwordHash: from }, { passwordHash: to });
      if (affected !== 1) return false;
      await manager.delete(Session, keep ? { userId, idHash: Not(keep) } : { userId });
      if (tools) await endGrants(manager, { user_id: userId }, { because: 'password_changed', at });
      await addAuditEvent(manager, { at, action: 'user.password_changed', userId, detail: { tools } });
      return true;
    });
  }

  /**
   * A new address in place of this very one, while this is the password. False: one was another, or somebody has the
   * new address.
   */
  async changeEmail(
    { userId, from, to, passwordHash }: { userId: string; from: string; to: string; passwordHash: string },
    at: Date,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const changed = await manager.query<unknown[]>(
        `UPDATE users SET email = $3 WHERE id = $1 AND email = $2 AND password_hash = $4 AND disabled_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM users WHERE email = $3) RETURNING id`,
        [userId, from, to, passwordHash],
      );
      if (changed[1] !== 1) return false;
      await addAuditEvent(manager, { at, action: 'user.email_changed', userId, detail: { before: from, after: to } });
      return true;
    });
  }

  async setLocale(userId: string, locale: string, at: Date): Promise<void> {
    await this.describe(userId, 'locale', locale, 'user.locale_changed', at);
  }

  async rename(userId: string, name: string, at: Date): Promise<void> {
    await this.describe(userId, 'name', name, 'user.renamed', at);
  }

  /** What is as it was is no change, and no event. */
  private async describe(userId: string, member: 'name' | 'locale', after: string, action: string, at: Date) {
    await this.dataSource.transaction(async (manager) => {
      const user = await manager.findOne(User, { where: { id: userId }, lock: { mode: 'for_no_key_update' } });
      if (!user || user[member] === after) return;
      await manager.update(User, { id: userId }, { [member]: after });
      await addAuditEvent(manager, { at, action, userId, detail: { before: user[member], after } });
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
