import { Injectable } from '@nestjs/common';
import type { User } from '../database/entities/user.entity.js';
import { PasswordChanged } from '../database/repositories/hold-person.js';
import { type Text, text } from '../texts/text.js';
import { Accounts } from './accounts.service.js';
import { throttled, TooManyAttempts } from './login-throttle.js';
import type { Self } from './self.js';

/** The password again, before what a session left open must not be enough for. */
@Injectable()
export class Reauthentication {
  constructor(private readonly accounts: Accounts) {}

  /**
   * What the act came to, or why it was not done. Wrong passwords are counted as they are at the log-in. Comparing
   * takes its time: the act is to demand in its own transaction that the password is still this one, or throws
   * `PasswordChanged`.
   */
  async before<Outcome>(self: Self, password: string, act: (user: User) => Promise<Outcome>): Promise<Outcome | Text> {
    try {
      const user = await this.accounts.authenticate(self, password);
      return user ? await act(user) : text('account.wrong-password');
    } catch (error) {
      if (error instanceof PasswordChanged) return text('account.wrong-password');
      if (error instanceof TooManyAttempts) return throttled(error.retryAfter);
      throw error;
    }
  }
}
