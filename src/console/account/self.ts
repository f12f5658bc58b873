import type { FastifyRequest } from 'fastify';
import { TooManyAttempts } from '../../accounts/login-throttle.js';
import type { Self } from '../../accounts/own-account.service.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { pageLocale } from '../../http/page.js';
import { type Text, text } from '../../texts/text.js';

/** The person of this session, as the one who changes their account. */
export function selfOf({ userId, email, name, idHash }: LiveSession, request: FastifyRequest): Self {
  return { userId, email, name, idHash, address: request.ip, locale: pageLocale(request) };
}

/** Wrong passwords are counted here as they are at the log-in. */
export async function throttled(work: () => Promise<Text | undefined>): Promise<Text | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TooManyAttempts) return text('login.throttled', { minutes: Math.ceil(error.retryAfter / 60) });
    throw error;
  }
}
