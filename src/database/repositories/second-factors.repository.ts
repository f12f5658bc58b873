import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuthenticatorApp } from '../entities/authenticator-app.entity.js';
import { Passkey } from '../entities/passkey.entity.js';
import { RecoveryCode } from '../entities/recovery-code.entity.js';
import { Session } from '../entities/session.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { holdPerson } from './hold-person.js';
import { hasSecondFactor, WITHOUT_REQUIRED_FACTOR } from './second-factors.sql.js';

/** So many passkeys at most. */
const MOST_PASSKEYS = 20;

/** What somebody can prove besides the password. */
export interface Factors {
  /** They have a factor. */
  readonly any: boolean;
  readonly app: { readonly createdAt: Date; readonly lastUsedAt: Date } | undefined;
  /** How many are left. */
  readonly recoveryCodes: number;
}

/**
 * Second factors of people. What somebody has is changed one act at a time; each act is in the audit log.
 * `passwordHash`: what the act was asked for with; throws `PasswordChanged` when it lets them in no more.
 */
@Injectable()
export class StoredFactors {
  constructor(private readonly dataSource: DataSource) {}

  async of(userId: string): Promise<Factors> {
    const { manager } = this.dataSource;
    const app = await manager.findOneBy(AuthenticatorApp, { userId });
    const recoveryCodes = await manager.countBy(RecoveryCode, { userId });
    return { any: await has(manager, userId), app: app ?? undefined, recoveryCodes };
  }

  async has(userId: string): Promise<boolean> {
    return has(this.dataSource.manager, userId);
  }

  /** The sealed secret of their app; undefined when they have none. */
  async secretOf(userId: string): Promise<string | undefined> {
    return (await this.dataSource.manager.findOneBy(AuthenticatorApp, { userId }))?.sealedSecret;
  }

  /** Whether this call used the step: it and those before are over from now on. Of two at once, one does. */
  async useStep(
    { userId, step, sealedSecret }: { userId: string; step: number; sealedSecret: string },
    at: Date,
  ): Promise<boolean> {
    const [, used] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE authenticator_apps SET last_step = $2, sealed_secret = $3, last_used_at = $4
        WHERE user_id = $1 AND last_step < $2`,
      [userId, step, sealedSecret, at],
    );
    return used === 1;
  }

  /** Whether this call used the code. Of two at once, one does. */
  async useRecoveryCode(userId: string, codeHash: Buffer, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(RecoveryCode, { userId, codeHash });
      if (affected !== 1) return false;
      const left = await manager.countBy(RecoveryCode, { userId });
      await addAuditEvent(manager, { at, action: 'user.recovery_code_used', userId, detail: { left } });
      return true;
    });
  }

  /** `recoveryCodes`: their hashes, kept when this is the first factor. False: there is an app already. */
  async addApp(
    app: Pick<AuthenticatorApp, 'userId' | 'sealedSecret' | 'lastStep'>,
    recoveryCodes: readonly Buffer[],
    at: Date,
    passwordHash: string,
  ): Promise<'first' | 'further' | false> {
    const { userId } = app;
    return this.inTurn({ userId, passwordHash }, async (manager) => {
      if (await manager.existsBy(AuthenticatorApp, { userId })) return false;
      const first = !(await has(manager, userId));
      await manager.insert(AuthenticatorApp, { ...app, createdAt: at, lastUsedAt: at });
      if (first) await putRecoveryCodes(manager, userId, recoveryCodes);
      await addAuditEvent(manager, { at, action: 'user.authenticator_added', userId });
      return first ? 'first' : 'further';
    });
  }

  /** The connections that ended with the last factor. False: there was no app. */
  async removeApp(userId: string, at: Date, passwordHash?: string): Promise<Ended | false> {
    return this.inTurn({ userId, passwordHash }, async (manager) => {
      if ((await manager.delete(AuthenticatorApp, { userId })).affected !== 1) return false;
      await addAuditEvent(manager, { at, action: 'user.authenticator_removed', userId });
      return settle(manager, userId, at);
    });
  }

  /** As `addApp`. False: it is known already, or they have too many. */
  async addPasskey(
    passkey: Omit<Passkey, 'id' | 'user' | 'createdAt' | 'lastUsedAt'>,
    recoveryCodes: readonly Buffer[],
    at: Date,
    passwordHash: string,
  ): Promise<'first' | 'further' | false> {
    const { userId, credentialId, name } = passkey;
    return this.inTurn({ userId, passwordHash }, async (manager) => {
      if ((await manager.countBy(Passkey, { userId })) >= MOST_PASSKEYS) return false;
      const first = !(await has(manager, userId));
      const row = { ...passkey, createdAt: at, lastUsedAt: at };
      await manager.createQueryBuilder().insert().into(Passkey).values(row).orIgnore().execute();
      if (!(await manager.existsBy(Passkey, { credentialId, userId, createdAt: at }))) return false;
      if (first) await putRecoveryCodes(manager, userId, recoveryCodes);
      await addAuditEvent(manager, { at, action: 'user.passkey_added', userId, detail: { name } });
      return first ? 'first' : 'further';
    });
  }

  /** As `removeApp`. False: this person has no such passkey. */
  async removePasskey(
    { id, userId }: { id: string; userId: string },
    at: Date,
    passwordHash: string,
  ): Promise<Ended | false> {
    return this.inTurn({ userId, passwordHash }, async (manager) => {
      if ((await manager.delete(Passkey, { id, userId })).affected !== 1) return false;
      await addAuditEvent(manager, { at, action: 'user.passkey_removed', userId, detail: { passkey: id } });
      return settle(manager, userId, at);
    });
  }

  /** In place of those there were. False: they have no factor that codes could stand in for. */
  async replaceRecoveryCodes(
    userId: string,
    recoveryCodes: readonly Buffer[],
    at: Date,
    passwordHash: string,
  ): Promise<boolean> {
    return this.inTurn({ userId, passwordHash }, async (manager) => {
      if (!(await has(manager, userId))) return false;
      await putRecoveryCodes(manager, userId, recoveryCodes);
      await addAuditEvent(manager, { at, action: 'user.recovery_codes_made', userId });
      return true;
    });
  }

  /**
   * Takes all of them away from somebody who lost them, and ends their sessions. `by`: the operator who does. As
   * `removeApp`. False: they had none.
   */
  async reset(userId: string, at: Date, by?: string): Promise<Ended | false> {
    return this.inTurn({ userId }, async (manager) => {
      if (!(await has(manager, userId))) return false;
      await manager.delete(AuthenticatorApp, { userId });
      await manager.delete(Passkey, { userId });
      await addAuditEvent(manager, { at, action: 'user.second_factor_reset', userId, detail: { by } });
      const ended = await settle(manager, userId, at);
      await manager.delete(Session, { userId });
      return ended;
    });
  }

  private inTurn<T>(
    { userId, passwordHash }: { userId: string; passwordHash?: string | undefined },
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await holdPerson(manager, userId, passwordHash);
      return work(manager);
    });
  }
}

async function has(manager: EntityManager, userId: string): Promise<boolean> {
  const [row] = await manager.query<{ has: boolean }[]>(`SELECT ${hasSecondFactor('$1')} AS has`, [userId]);
  return row!.has;
}

async function putRecoveryCodes(manager: EntityManager, userId: string, hashes: readonly Buffer[]): Promise<void> {
  await manager.delete(RecoveryCode, { userId });
  await manager.insert(
    RecoveryCode,
    hashes.map((codeHash) => ({ userId, codeHash })),
  );
}

/**
 * After a factor went: with the last one go the codes, what sessions have proved by it, and the connections for
 * organizations that require one. An approval under way holds its session and is over when this goes on; an
 * organization that is about to require one is waited for.
 */
async function settle(manager: EntityManager, userId: string, at: Date): Promise<Ended> {
  if (await has(manager, userId)) return { grantIds: [], live: 0 };
  await manager.delete(RecoveryCode, { userId });
  await manager.update(Session, { userId }, { secondFactorAt: null, secondFactor: null });
  await manager.query(
    `SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = $1
      ORDER BY o.id FOR SHARE OF o`,
    [userId],
  );
  return endGrants(manager, { user_id: userId }, { because: 'second_factor_missing', at }, WITHOUT_REQUIRED_FACTOR);
}
