import { Injectable } from '@nestjs/common';
import type { User } from '../database/entities/user.entity.js';
import { Users } from '../database/repositories/users.repository.js';
import { normalizedEmail } from './email.js';
import { LoginThrottle } from './login-throttle.js';
import { MAX_PASSWORD_LENGTH, Passwords } from './passwords.js';

/** Who says to be whom, and from where. */
interface LoggingIn {
  readonly email: string;
  readonly address: string;
}

@Injectable()
export class Accounts {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
  ) {}

  /**
   * Who logs in with this password, or undefined. An unknown, a disabled and a mistyped account look and take the same.
   * Throws `TooManyAttempts`.
   */
  async authenticate({ email, address }: LoggingIn, password: string): Promise<User | undefined> {
    const account = normalizedEmail(email);
    if (account.length > 254 || password.length > MAX_PASSWORD_LENGTH || /\0/.test(account)) return undefined;
    // Whom nobody can hear yet has not tried.
    this.passwords.mustHaveRoom();
    await this.throttle.attempt(account, address);
    const user = await this.users.findByEmail(account);
    const right = user
      ? await this.passwords.verify(user.passwordHash, password)
      : await this.passwords.verifyNobody(password);
    if (!user || !right || user.disabledAt) return undefined;
    await this.throttle.succeeded(account, address);
    return user;
  }
}
