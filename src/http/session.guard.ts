import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { BrowserLogIn } from './browser-log-in.js';
import { askedPage, SeeOther } from './see-other.js';
import { StepUpFirst } from './step-up-first.js';

type SessionRequest = FastifyRequest & { session?: LiveSession };

/** The session `SessionGuard` found. */
export const CurrentSession = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<SessionRequest>().session,
);

/**
 * Lets in whoever is logged in; sends everybody else to log in first, and back to what they asked for when it was a
 * page.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly logIn: BrowserLogIn) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SessionRequest>();
    request.session = await this.logIn.find(request);
    if (request.session) return true;
    throw new SeeOther(`/console/login?return=${encodeURIComponent(askedPage(request))}`);
  }
}

/**
 * Lets in operators; to everybody else who is logged in there is no such page. Whoever has a second factor proves it
 * first: a session from before they had it may be in other hands.
 */
@Injectable()
export class OperatorGuard extends SessionGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    const { session } = context.switchToHttp().getRequest<SessionRequest>();
    if (!session?.operator) throw new NotFoundException();
    if (session.provable && !session.proven) throw new StepUpFirst();
    return true;
  }
}
