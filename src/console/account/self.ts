import type { FastifyRequest } from 'fastify';
import { TooManyAttempts } from '../../accounts/login-throttle.js';
import type { Self } from '../../accounts/own-account.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { pageLocale } from '../../http/page.js';
import { StepUpFirst } from '../../http/step-up-first.js';
import { type Text, text } from '../../texts/text.js';

/** The person of this session, as the one who changes their account. Throws `StepUpFirst`. */
export function selfOf(session: LiveSession, request: FastifyRequest): Self {
  // Whoever has a second factor is asked for it before the password alone could take it away, or lead around it.
  if (session.provable && !session.proven) throw new StepUpFirst();
  const { userId, email, name, idHash } = session;
  return { userId, email, name, idHash, address: request.ip, locale: pageLocale(request) };
}

/** Wrong passwords are counted here as they are at the log-in. What the work came to, or what the page says instead. */
export async function throttled<Outcome>(work: () => Promise<Outcome>): Promise<Outcome | Text> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TooManyAttempts) return text('login.throttled', { minutes: Math.ceil(error.retryAfter / 60) });
    throw error;
  }
}
