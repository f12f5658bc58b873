import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Passkey } from '../entities/passkey.entity.js';
import { addAuditEvent } from './audit-events.repository.js';

/** An answer to a challenge, its signature found right: what the device counted, and when the challenge was made. */
export interface PasskeyUse {
  readonly credentialId: Buffer;
  readonly signCount: number;
  readonly challengeAt: Date;
}

/** Passkeys, and their use. */
@Injectable()
export class StoredPasskeys {
  constructor(private readonly dataSource: DataSource) {}

  /** The oldest first. */
  async ofUser(userId: string): Promise<Passkey[]> {
    return this.dataSource.manager.find(Passkey, { where: { userId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  async find(credentialId: Buffer): Promise<Passkey | null> {
    return this.dataSource.manager.findOneBy(Passkey, { credentialId });
  }

  /**
   * Who it is, when this call is the one that used the challenge: of two answers to one, and of any to a challenge from
   * before, none counts any more. Nor does a passkey that was removed, whose count went back, or of somebody disabled.
   */
  async use({ credentialId, signCount, challengeAt }: PasskeyUse, at: Date): Promise<string | undefined> {
    const [rows] = await this.dataSource.query<[{ user_id: string }[], number]>(
      `UPDATE passkeys p SET sign_count = $2, newest_challenge = $3, last_used_at = $4 FROM users u
        WHERE p.credential_id = $1 AND u.id = p.user_id AND u.disabled_at IS NULL AND p.newest_challenge < $3
          AND (p.sign_count < $2 OR p.sign_count = 0 AND $2 = 0) RETURNING p.user_id`,
      [credentialId, signCount, challengeAt, at],
    );
    return rows[0]?.user_id;
  }

  /** False: this person has no such passkey. */
  async rename(passkey: { id: string; userId: string; name: string }, at: Date): Promise<boolean> {
    const { id, userId, name } = passkey;
    return this.dataSource.transaction(async (manager) => {
      if ((await manager.update(Passkey, { id, userId }, { name })).affected !== 1) return false;
      await addAuditEvent(manager, { at, action: 'user.passkey_renamed', userId, detail: { passkey: id, name } });
      return true;
    });
  }
}
