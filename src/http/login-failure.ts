import type { FastifyReply } from 'fastify';
import { throttled } from '../accounts/login-throttle.js';
import { type Text, text } from '../texts/text.js';
import type { LoginAttempt } from './login.guard.js';

/** What a failed log-in says, the same for an unknown account as for a wrong password, and with which status. */
export function loginFailure(
  { retryAfter }: LoginAttempt & { user: null },
  reply: FastifyReply,
): { failure: Text; status: 401 | 429 } {
  if (retryAfter === undefined) return { failure: text('login.wrong'), status: 401 };
  reply.header('Retry-After', retryAfter);
  return { failure: throttled(retryAfter), status: 429 };
}
