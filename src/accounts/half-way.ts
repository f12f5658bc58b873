import { Injectable } from '@nestjs/common';
import type { User } from '../database/entities/user.entity.js';
import { Users } from '../database/repositories/users.repository.js';
import { Sealing } from '../sealing/sealing.service.js';
import { passwordDigest } from './passwords.js';

/** Somebody who gave the right password has this long to prove the second factor, in seconds. */
const LIFETIME = 10 * 60;

/** Who, and by which password. */
interface State {
  readonly userId: string;
  readonly password: string;
}

/**
 * Between a right password and a session. The state travels sealed, for the browser it was made in, and stores nothing:
 * it is over after ten minutes, when the password changes, and when the person is disabled.
 */
@Injectable()
export class HalfWay {
  constructor(
    private readonly users: Users,
    private readonly sealing: Sealing,
  ) {}

  seal(user: User, browser: string): string {
    const state: State = { userId: user.id, password: passwordDigest(user) };
    return this.sealing.sealValue('half-way', state, LIFETIME, browser);
  }

  /** Who it is; undefined when it is over, or was not made by us in this browser. */
  async open(sealed: unknown, browser: string | undefined): Promise<User | undefined> {
    const state = browser === undefined ? undefined : this.sealing.openLiving<State>('half-way', sealed, browser);
    const user = state && (await this.users.find(state.userId));
    return user && !user.disabledAt && passwordDigest(user) === state.password ? user : undefined;
  }
}
