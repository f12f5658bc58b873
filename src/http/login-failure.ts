import type { FastifyReply } from 'fastify';
import type { LoginAttempt } from './login.guard.js';

/** What a failed log-in says, the same for an unknown account as for a wrong password, and with which status. */
export function loginFailure(
  { retryAfter }: LoginAttempt & { user: null },
  reply: FastifyReply,
): { sentence: string; status: 401 | 429 } {
  if (retryAfter === undefined) return { sentence: 'That e-mail address and password do not match.', status: 401 };
  reply.header('Retry-After', retryAfter);
  const minutes = Math.ceil(retryAfter / 60);
  return {
    sentence: `Too many attempts. Try again in ${minutes === 1 ? 'one minute' : `${minutes} minutes`}.`,
    status: 429,
  };
}
