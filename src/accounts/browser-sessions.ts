import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import type { SecondFactor } from '../database/entities/session.entity.js';
import type { User } from '../database/entities/user.entity.js';
import type { Position } from '../database/repositories/keyset.sql.js';
import { type ListedSession, type LiveSession, Sessions } from '../database/repositories/sessions.repository.js';
import { hashSecret, newSecret } from '../oauth/secret.js';

/** Who logs in, and by which password, if by one. */
export type Entrant = Pick<User, 'id'> & Partial<Pick<User, 'passwordHash'>>;

/** Server-side sessions: the browser holds a random value, the database its hash. */
@Injectable()
export class BrowserSessions {
  constructor(
    private readonly sessions: Sessions,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * A new session for somebody who has just logged in, by this second factor if any; returns the cookie's value.
   * Undefined: they are disabled, or the password is another by now.
   */
  async open(
    { id: userId, passwordHash }: Entrant,
    from: { address: string; userAgent: string },
    secondFactor: SecondFactor | null,
  ): Promise<string | undefined> {
    const secret = newSecret();
    const createdAt = this.clock.now();
    const session = {
      idHash: hashSecret(secret),
      userId,
      organizationId: null,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + this.config.sessionLifetime * 1000),
      address: from.address,
      userAgent: from.userAgent.slice(0, 300),
      secondFactorAt: secondFactor && createdAt,
      secondFactor,
    };
    return (await this.sessions.create(session, passwordHash)) ? secret : undefined;
  }

  /** The same session, in which a second factor was proved now; returns the cookie's new value. */
  async prove(session: LiveSession, secondFactor: SecondFactor): Promise<string> {
    const secret = newSecret();
    await this.sessions.prove({ from: session.idHash, to: hashSecret(secret), secondFactor }, this.clock.now());
    return secret;
  }

  /** `byItself`: a program looks, not a person. The session is as idle as before. */
  async find(cookie: string, byItself = false): Promise<LiveSession | undefined> {
    const at = this.clock.now();
    const idleSince = new Date(at.getTime() - this.config.sessionIdleLifetime * 1000);
    return this.sessions.find(hashSecret(cookie), at, idleSince, byItself);
  }

  /** Those of a person that are alive, the newest first. `but`: without this one. */
  async ofUser(
    userId: string,
    page: { limit: number; after: Position | undefined; but?: Buffer },
  ): Promise<ListedSession[]> {
    const at = this.clock.now();
    return this.sessions.ofUser(userId, page, at, new Date(at.getTime() - this.config.sessionIdleLifetime * 1000));
  }

  async end(cookie: string): Promise<void> {
    await this.sessions.delete(hashSecret(cookie));
  }
}
