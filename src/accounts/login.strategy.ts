import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { User } from '../database/entities/user.entity.js';
import { Accounts } from './accounts.service.js';

/** The fields "email" and "password" of a log-in form. */
@Injectable()
export class LoginStrategy extends PassportStrategy(Strategy, 'login') {
  constructor(private readonly accounts: Accounts) {
    super({ usernameField: 'email', passwordField: 'password', passReqToCallback: true, session: false });
  }

  /** The person, or false. Throws `TooManyAttempts`. */
  async validate(request: { ip: string }, email: unknown, password: unknown): Promise<User | false> {
    if (typeof email !== 'string' || typeof password !== 'string') return false;
    return (await this.accounts.authenticate({ email, address: request.ip }, password)) ?? false;
  }
}
