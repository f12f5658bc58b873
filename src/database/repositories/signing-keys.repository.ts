import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SigningKey } from '../entities/signing-key.entity.js';
import { addAuditEvent } from './audit-events.repository.js';

export type NewSigningKey = Pick<SigningKey, 'kid' | 'publicJwk' | 'sealedPrivateKey'>;

/** Serialises the ring: of several nodes that rotate at once, one does. */
const KEY_RING_LOCK = 727_274_303;

@Injectable()
export class SigningKeys {
  constructor(private readonly dataSource: DataSource) {}

  async list(): Promise<SigningKey[]> {
    return this.dataSource.manager.find(SigningKey, { order: { createdAt: 'ASC' } });
  }

  /** The first two keys of an empty ring; changes nothing when there are keys already. */
  async establish(current: NewSigningKey, next: NewSigningKey, at: Date): Promise<void> {
    await this.locked(async (manager) => {
      if (await manager.exists(SigningKey)) return;
      await manager.insert(SigningKey, [
        { ...current, stage: 'current', createdAt: at, activatedAt: at },
        { ...next, stage: 'next', createdAt: at },
      ]);
    });
  }

  /**
   * current → retired, next → current, and `fresh` becomes next; retired keys whose last token has expired leave the
   * ring. Only when the current key was activated before `activatedBefore` and the next one published before
   * `publishedBefore`: false otherwise, also when another node was first.
   */
  async rotate(
    fresh: NewSigningKey,
    at: Date,
    due: { activatedBefore: Date; publishedBefore: Date; retiredBefore: Date },
    by?: string,
  ): Promise<boolean> {
    return this.locked(async (manager) => {
      const current = await manager.findOneByOrFail(SigningKey, { stage: 'current' });
      const next = await manager.findOneByOrFail(SigningKey, { stage: 'next' });
      if (current.activatedAt! > due.activatedBefore || next.createdAt > due.publishedBefore) return false;
      await manager.query(`DELETE FROM signing_keys WHERE stage = 'retired' AND retired_at < $1`, [due.retiredBefore]);
      await manager.update(SigningKey, { kid: current.kid }, { stage: 'retired', retiredAt: at });
      await manager.update(SigningKey, { kid: next.kid }, { stage: 'current', activatedAt: at });
      await manager.insert(SigningKey, { ...fresh, stage: 'next', createdAt: at });
      await addAuditEvent(manager, {
        at,
        action: 'signing_key.rotated',
        detail: { current: next.kid, retired: current.kid, by },
      });
      return true;
    });
  }

  /**
   * Takes a key out of the ring: nothing it signed is believed any more. `fresh` fills the gap; the next key takes the
   * place of the current one at once. False: there is no such key.
   */
  async withdraw(kid: string, fresh: NewSigningKey, at: Date, by?: string): Promise<boolean> {
    return this.locked(async (manager) => {
      const key = await manager.findOneBy(SigningKey, { kid });
      if (!key) return false;
      await manager.delete(SigningKey, { kid });
      if (key.stage === 'current')
        await manager.update(SigningKey, { stage: 'next' }, { stage: 'current', activatedAt: at });
      if (key.stage !== 'retired') await manager.insert(SigningKey, { ...fresh, stage: 'next', createdAt: at });
      await addAuditEvent(manager, { at, action: 'signing_key.withdrawn', detail: { kid, stage: key.stage, by } });
      return true;
    });
  }

  private locked<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [KEY_RING_LOCK]);
      return work(manager);
    });
  }
}
