import { HttpException, NotFoundException } from '@nestjs/common';
import { isDatabaseUnavailable } from '../database/database-error.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { PageFailure } from './page-failure.js';

/** Any error as one the protocol has a name for. */
export function oauthErrorOf(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (isDatabaseUnavailable(error))
    return new OAuthError('temporarily_unavailable', 'the server cannot reach its database; try again', away(error));
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
  if (isDatabaseUnavailable(error)) {
    return new PageFailure(
      503,
      'This server is short of breath',
      'It cannot reach its database right now. Nothing was lost.',
      'Wait a moment, then reload this page.',
      away(error),
    );
  }
  const status = statusOf(error);
  if (status === undefined || status >= 500)
    return new PageFailure(
      500,
      'Something went wrong',
      'This server made a mistake. It is in the log, under the code below.',
      'Try again. If it happens again, give the code to whoever runs this server.',
      ours(error),
    );
  if (status === 403)
    return new PageFailure(
      403,
      'This form is no longer valid',
      'You logged in or out since it was opened, or it was opened in another browser.',
      'Go back, reload the page and send it again.',
      new Finding('form-of-this-session', { found: error }),
    );
  if (status === 404)
    return new PageFailure(
      404,
      'There is nothing here',
      'No page of this server has this address.',
      'Check the address, or begin at the console.',
      refused(error, status),
      { label: 'Open the console', href: '/console' },
    );
  return new PageFailure(
    status,
    'That request was not understood',
    'The browser sent something this page cannot read.',
    'Go back, reload the page and try again.',
    refused(error, status),
  );
}

/** The HTTP status an error of Nest or Fastify carries. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' && status >= 400 ? status : undefined;
}

const away = (error: unknown) => new Finding('database-reachable', { found: error }, { cause: error });
const ours = (error: unknown) => new Finding('server-fault', { found: error }, { cause: error });
/** What the one who threw it found. The framework's own message about an unknown address quotes it. */
function refused(error: unknown, status: number): Finding {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Finding) return cause;
  return new Finding('request-form', error instanceof NotFoundException ? { status } : { status, found: error });
}
