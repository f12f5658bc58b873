import { HttpException, NotFoundException } from '@nestjs/common';
import { Overload } from '../config/overload.js';
import { isDatabaseUnavailable } from '../database/database-error.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { text } from '../texts/text.js';
import { PageFailure } from './page-failure.js';

/** When it is worth asking again after a 503, in seconds. */
export const RETRY_AFTER = 2;

/** Any error as one the protocol has a name for. */
export function oauthErrorOf(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (isDatabaseUnavailable(error))
    return new OAuthError('temporarily_unavailable', 'the server cannot reach its database; try again', away(error));
  if (error instanceof Overload)
    return new OAuthError('temporarily_unavailable', 'the server is busy; try again', busy(error));
  const status = statusOf(error);
  if (status === undefined || status >= 500)
    return new OAuthError('server_error', 'something went wrong on this server', ours(error));
  if (status === 403) return new OAuthError('invalid_request', (error as Error).message, refused(error, status));
  return new OAuthError('invalid_request', WORDS[status] ?? 'the request is malformed', refused(error, status));
}

const WORDS: Readonly<Record<number, string>> = {
  404: 'there is nothing at this address',
  413: 'the body is too large',
  415: 'the body has a content type that is not read here',
};

/** Any error in words for a person. */
export function pageFailureOf(error: unknown): PageFailure {
  if (error instanceof PageFailure) return error;
  if (isDatabaseUnavailable(error)) return new PageFailure(503, 'error.database', away(error));
  if (error instanceof Overload) return new PageFailure(503, 'error.busy', busy(error));
  const status = statusOf(error);
  if (status === undefined || status >= 500) return new PageFailure(500, 'error.server', ours(error));
  if (status !== 404) return new PageFailure(status, 'error.request', refused(error, status));
  return new PageFailure(404, 'error.missing', refused(error, status), {
    link: { label: text('error.missing-link'), href: '/console' },
  });
}

/** The HTTP status an error of Nest or Fastify carries. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' && status >= 400 ? status : undefined;
}

const away = (error: unknown) => new Finding('database-reachable', { found: error }, { cause: error });
const busy = ({ what, waiting }: Overload) => new Finding('capacity', { [what.replace(' ', '_')]: waiting });
const ours = (error: unknown) => new Finding('server-fault', { found: error }, { cause: error });
/** What the one who threw it found. The framework's own message about an unknown address quotes it. */
function refused(error: unknown, status: number): Finding {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Finding) return cause;
  return new Finding('request-form', error instanceof NotFoundException ? { status } : { status, found: error });
}
