import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import { AuthenticatorApp } from '../entities/authenticator-app.entity.js';
import { Invitation } from '../entities/invitation.entity.js';
import { Membership } from '../entities/membership.entity.js';
import { Passkey } from '../entities/passkey.entity.js';
import { RecoveryCode } from '../entities/recovery-code.entity.js';
import { Session } from '../entities/session.entity.js';
import { User } from '../entities/user.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { holdPerson } from './hold-person.js';
import { shutOut } from './shut-out.js';

type LastOperator = 'last operator';

/** Whether somebody is let in, and may govern the server. */
@Injectable()
export class UserStanding {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Takes somebody's account away for good: sessions, connections and memberships end, the address is free again, and
   * nobody who gets it inherits anything. What they did stays in the audit log, under their id. Not when nobody else
   * governs the server, or organizations would be left without an owner who is not disabled while others are in them:
   * their names. `passwordHash`: what it was asked for with; throws `PasswordChanged` when it lets them in no more.
   */
  async erase(
    userId: string,
    at: Date,
    passwordHash?: string,
  ): Promise<'erased' | LastOperator | { readonly soleOwnerOf: readonly string[] }> {
    return this.dataSource.transaction(async (manager) => {
      if (await isLastOperator(manager, userId)) return 'last operator';
      await holdPerson(manager, userId, passwordHash);
      const soleOwnerOf = await solelyOwned(manager, userId);
      if (soleOwnerOf.length > 0) return { soleOwnerOf };
      // Whoever has the address next is somebody else, and was not invited.
      const { email } = await manager.findOneByOrFail(User, { id: userId });
      await manager.update(Invitation, { email, acceptedAt: IsNull(), revokedAt: IsNull() }, { revokedAt: at });
      await shutOut(manager, userId, { because: 'user_disabled', at });
      await manager.delete(Membership, { userId });
      await manager.delete(AuthenticatorApp, { userId });
      await manager.delete(Passkey, { userId });
      await manager.delete(RecoveryCode, { userId });
      await manager.update(
        User,
        { id: userId },
        { email: `erased-${userId}`, name: '', passwordHash: '', operator: false, disabledAt: at },
      );
      await addAuditEvent(manager, { at, action: 'user.erased', userId });
      return 'erased';
    });
  }

  /**
   * Disables somebody, ends their sessions and every connection they approved, in one transaction. `by`: the operator
   * who did.
   */
  async disable(userId: string, at: Date, by?: string): Promise<'disabled before' | LastOperator | Ended> {
    return this.dataSource.transaction(async (manager) => {
      if (await isLastOperator(manager, userId)) return 'last operator';
      const { affected } = await manager.update(User, { id: userId, disabledAt: IsNull() }, { disabledAt: at });
      if (affected !== 1) return 'disabled before';
      const ended = await shutOut(manager, userId, { because: 'user_disabled', at, by });
      await addAuditEvent(manager, { at, action: 'user.disabled', userId, detail: { by } });
      return ended;
    });
  }

  /**
   * Lets somebody in again. What ended stays ended, also what was approved while they were being disabled. False: was
   * not disabled.
   */
  async enable(userId: string, at: Date, by: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      // Somebody erased has no address to come back to.
      const { affected } = await manager.update(
        User,
        { id: userId, disabledAt: Not(IsNull()), passwordHash: Not('') },
        { disabledAt: null },
      );
      if (affected !== 1) return false;
      await shutOut(manager, userId, { because: 'user_disabled', at, by });
      await addAuditEvent(manager, { at, action: 'user.enabled', userId, detail: { by } });
      return true;
    });
  }

  /** Makes somebody an operator, or no longer one. False: they were that before, or are disabled. */
  async setOperator(userId: string, operator: boolean, at: Date, by: string): Promise<boolean | LastOperator> {
    return this.dataSource.transaction(async (manager) => {
      if (!operator && (await isLastOperator(manager, userId))) return 'last operator';
      const { affected } = await manager.update(
        User,
        { id: userId, operator: !operator, disabledAt: IsNull() },
        { operator },
      );
      if (affected !== 1) return false;
      const action = operator ? 'user.made_operator' : 'user.unmade_operator';
      await addAuditEvent(manager, { at, action, userId, detail: { by } });
      return true;
    });
  }

  /** Ends every session of somebody. How many. */
  async endSessions(userId: string, at: Date, by: string): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(Session, { userId });
      await addAuditEvent(manager, { at, action: 'user.sessions_ended', userId, detail: { by } });
      return affected ?? 0;
    });
  }

  /** Ends every connection somebody approved. */
  async disconnectTools(userId: string, at: Date, by: string): Promise<Ended> {
    return this.dataSource.transaction(async (manager) => {
      const ended = await endGrants(manager, { user_id: userId }, { because: 'ended_by_operator', at, by });
      await addAuditEvent(manager, { at, action: 'user.tools_disconnected', userId, detail: { by } });
      return ended;
    });
  }
}

/**
 * Whether nobody else governs the server. The rows of all who do are locked, in one order: of two operators who unmake
 * each other at once, the second finds that the first is gone.
 */
async function isLastOperator(manager: EntityManager, userId: string): Promise<boolean> {
  const operators = await manager.query<{ id: string }[]>(
    'SELECT id FROM users WHERE operator AND disabled_at IS NULL ORDER BY id FOR NO KEY UPDATE',
  );
  return operators.length === 1 && operators[0]!.id === userId;
}

/**
 * Their rows are held, as by everybody who changes who belongs to them: of two last owners who go at once, one finds it
 * out.
 */
async function solelyOwned(manager: EntityManager, userId: string): Promise<string[]> {
  await manager.query(
    `SELECT 1 FROM organizations o JOIN memberships m ON m.organization_id = o.id WHERE m.user_id = $1
      ORDER BY o.id FOR NO KEY UPDATE OF o`,
    [userId],
  );
  const rows = await manager.query<{ name: string }[]>(
    `SELECT o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
      WHERE m.user_id = $1 AND m.role = 'owner'
        AND NOT EXISTS (SELECT 1 FROM memberships x JOIN users u ON u.id = x.user_id
              WHERE x.organization_id = o.id AND x.user_id <> $1 AND x.role = 'owner' AND u.disabled_at IS NULL)
        AND EXISTS (SELECT 1 FROM memberships x WHERE x.organization_id = o.id AND x.user_id <> $1)
      ORDER BY o.name`,
    [userId],
  );
  return rows.map(({ name }) => name);
}
