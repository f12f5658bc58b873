import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BrowserSessions } from '../accounts/browser-sessions.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { Cookies } from './cookies.js';
import { SeeOther } from './see-other.js';

type SessionRequest = FastifyRequest & { session?: LiveSession };

/** The session `SessionGuard` found. */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<SessionRequest>().session,
);

/** Lets in whoever is logged in; sends everybody else to log in first, and back to what they asked for when it was a page. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly cookies: Cookies,
    private readonly sessions: BrowserSessions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SessionRequest>();
    const cookie = this.cookies.read(request, 'session');
    request.session = cookie === undefined ? undefined : await this.sessions.find(cookie);
    if (request.session) return true;
    const back = request.method === 'GET' ? request.url : '/console';
    throw new SeeOther(`/console/login?return=${encodeURIComponent(back)}`);
  }
}
