import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { TooManyAttempts } from '../accounts/login-throttle.js';
import type { User } from '../database/entities/user.entity.js';

/** How a log-in went. */
export type LoginAttempt = { readonly user: User } | { readonly user: null; readonly retryAfter?: number };

/** What `LoginGuard` found. */
export const Attempt = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<FastifyRequest & { user: LoginAttempt }>().user,
);

/** Checks "email" and "password" of the form. Lets everybody through: the page shows what went wrong, in place. */
@Injectable()
export class LoginGuard extends AuthGuard('login') {
  override handleRequest<Result>(error: unknown, user: User | false): Result {
    if (error instanceof TooManyAttempts)
      return { user: null, retryAfter: error.retryAfter } satisfies LoginAttempt as Result;
    if (error) throw error;
    return { user: user || null } satisfies LoginAttempt as Result;
  }
}
