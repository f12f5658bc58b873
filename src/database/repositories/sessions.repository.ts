import { Injectable } from '@nestjs/common';
import { DataSource, Not } from 'typeorm';
import { type SecondFactor, Session } from '../entities/session.entity.js';
import { StandbyBehind } from '../database-error.js';
import { Statements } from '../statements.js';
import { addAuditEvent } from './audit-events.repository.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';
import { hasSecondFactor } from './second-factors.sql.js';

/** A live session with the person it belongs to. */
export interface LiveSession {
  readonly idHash: Buffer;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly operator: boolean;
  readonly organizationId: string | null;
  /** A second factor was proved in it. */
  readonly proven: boolean;
  /** Its person has one to prove. */
  readonly provable: boolean;
}

/** A session as its person sees it in a list. */
export interface ListedSession {
  /** Its hash, in hexadecimal. */
  readonly id: string;
  readonly userAgent: string;
  readonly address: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly position: string;
}

const FIND = {
  name: 'session_find',
  text: `SELECT s.id_hash AS "idHash", s.user_id AS "userId", s.organization_id AS "organizationId", s.last_seen_at AS "lastSeenAt", u.email, u.name, u.operator,
           s.second_factor_at IS NOT NULL AS proven, ${hasSecondFactor('u.id')} AS provable
      FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.id_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3 AND u.disabled_at IS NULL`,
};
const LISTED = `SELECT encode(id_hash, 'hex') AS id, user_agent AS "userAgent", address, created_at AS "createdAt",
       last_seen_at AS "lastSeenAt", ${micros('created_at')} AS position FROM sessions`;
const TOUCH = { name: 'session_touch', text: 'UPDATE sessions SET last_seen_at = $2 WHERE id_hash = $1' };
const IS_STANDBY = { name: 'is_standby', text: 'SELECT 1 WHERE pg_is_in_recovery()' };
const TOUCH_EVERY_MS = 60_000;

@Injectable()
export class Sessions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /**
   * A new session; what else this person has that is over is swept on the way. Their row is held: who changes the
   * password or disables them waits, and ends this session too, or was first. False: then they are not let in by
   * `passwordHash`.
   */
  async create(session: Omit<Session, 'user' | 'lastSeenAt'>, passwordHash?: string): Promise<boolean> {
    const at = session.createdAt;
    return this.dataSource.transaction(async (manager) => {
      const [standing] = await manager.query<unknown[]>(
        `SELECT 1 FROM users WHERE id = $1 AND disabled_at IS NULL AND password_hash = coalesce($2, password_hash) FOR SHARE`,
        [session.userId, passwordHash ?? null],
      );
      if (!standing) return false;
      await manager.query('DELETE FROM sessions WHERE user_id = $1 AND expires_at < $2', [session.userId, at]);
      await manager.insert(Session, { ...session, lastSeenAt: at });
      await addAuditEvent(manager, {
        at,
        action: 'user.logged_in',
        userId: session.userId,
        detail: session.secondFactor ? { second_factor: session.secondFactor } : {},
      });
      return true;
    });
  }

  /** The session when neither its idle nor its absolute timeout has passed and its person is not disabled. */
  async find(idHash: Buffer, at: Date, idleSince: Date, byItself: boolean): Promise<LiveSession | undefined> {
    const [row] = await this.statements.run<LiveSession & { lastSeenAt: Date }>(FIND, [idHash, at, idleSince]);
    if (!row) return this.notFound();
    const { lastSeenAt, ...session } = row;
    if (!byItself && at.getTime() - lastSeenAt.getTime() > TOUCH_EVERY_MS)
      await this.statements.run(TOUCH, [idHash, at]);
    return session;
  }

  /**
   * Throws `StandbyBehind` where it may only have not arrived yet: who has just logged in is not to be asked to again.
   */
  private async notFound(): Promise<undefined> {
    if ((await this.statements.run(IS_STANDBY, [])).length > 0) throw new StandbyBehind('no such session here');
  }

  /** The session goes on as one that proved a second factor, under another id. Whether it was there. */
  async prove(
    { from, to, secondFactor }: { from: Buffer; to: Buffer; secondFactor: SecondFactor },
    at: Date,
  ): Promise<boolean> {
    const proof = { idHash: to, secondFactorAt: at, secondFactor };
    return (await this.dataSource.manager.update(Session, { idHash: from }, proof)).affected === 1;
  }

  /** One of them, as a list shows it. */
  async listed(idHash: Buffer): Promise<ListedSession[]> {
    return this.dataSource.query(`${LISTED} WHERE id_hash = $1`, [idHash]);
  }

  /** Those of a person that are alive, the newest first, with the position of each. `but`: without this one. */
  async ofUser(
    userId: string,
    { limit, after, but }: { limit: number; after: Position | undefined; but?: Buffer },
    at: Date,
    idleSince: Date,
  ): Promise<ListedSession[]> {
    return this.dataSource.query(
      `${LISTED}
        WHERE user_id = $1 AND expires_at > $2 AND last_seen_at > $3 AND ($4::bytea IS NULL OR id_hash <> $4)
          AND ($5::bigint IS NULL OR (created_at, id_hash) < (${timeOfMicros('$5')}, decode($6, 'hex')))
        ORDER BY created_at DESC, id_hash DESC LIMIT $7`,
      [userId, at, idleSince, but ?? null, after?.key ?? null, after?.id ?? null, limit],
    );
  }

  /** Ends one of this person's. Whether there was one. */
  async end(userId: string, idHash: Buffer): Promise<boolean> {
    return (await this.dataSource.manager.delete(Session, { userId, idHash })).affected === 1;
  }

  /** Ends all of this person's but one. How many. */
  async endOthers(userId: string, keep: Buffer): Promise<number> {
    return (await this.dataSource.manager.delete(Session, { userId, idHash: Not(keep) })).affected ?? 0;
  }

  async selectOrganization(idHash: Buffer, organizationId: string): Promise<void> {
    await this.dataSource.manager.update(Session, { idHash }, { organizationId });
  }

  async delete(idHash: Buffer): Promise<void> {
    await this.dataSource.manager.delete(Session, { idHash });
  }
}
