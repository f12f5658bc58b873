import type { FastifyRequest } from 'fastify';
import type { Self } from '../../accounts/self.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { pageLocale } from '../../http/page.js';
import { StepUpFirst } from '../../http/step-up-first.js';

/** The person of this session, as the one who changes their account. Throws `StepUpFirst`. */
export function selfOf(session: LiveSession, request: FastifyRequest): Self {
  // Whoever has a second factor is asked for it before the password alone could take it away, or lead around it.
  if (session.provable && !session.proven) throw new StepUpFirst();
  const { userId, email, name, idHash } = session;
  return { userId, email, name, idHash, address: request.ip, locale: pageLocale(request) };
}
