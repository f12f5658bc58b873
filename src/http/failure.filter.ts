import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { isDatabaseUnavailable } from '../database/database-error.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { newSecret } from '../oauth/secret.js';
import { OWN_SCOPES } from '../oauth/scope.js';
import { isForPrograms, methodsOf } from './endpoints.js';
import { Metrics } from './metrics.js';
import { PageFailure } from './page-failure.js';
import { ERROR_PAGE, renderPage } from './page.js';
import { SeeOther } from './see-other.js';

const RETRY_AFTER = 2;

/** Every failure of every endpoint: JSON for programs, a page for people, the reason for the log. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  private readonly logger = new Logger('Failure');

  constructor(
    private readonly config: Config,
    private readonly metrics: Metrics,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    if (reply.sent) return;
    if (error instanceof SeeOther) return void reply.header('Cache-Control', 'no-store').redirect(error.location, 303);
    if (isForPrograms(request.url)) this.answerProgram(error, request, reply);
    else await this.answerPerson(error, request, reply);
  }

  private answerProgram(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    reply.header('Cache-Control', 'no-store');
    if (error instanceof BearerChallenge) {
      if (error.code) this.metrics.refused(error.code);
      const metadata = `${this.config.origin}/.well-known/oauth-protected-resource/mcp`;
      reply.status(error.status).header('WWW-Authenticate', error.header(metadata, OWN_SCOPES.names));
      reply.send(
        error.code
          ? { error: error.code, error_description: error.description }
          : { message: 'An access token is needed.' },
      );
      return;
    }
    // The MCP endpoint speaks JSON-RPC, and brings its own body.
    if (
      error instanceof HttpException &&
      typeof error.getResponse() === 'object' &&
      'jsonrpc' in (error.getResponse() as object)
    ) {
      reply.status(error.getStatus()).send(error.getResponse());
      return;
    }
    const methods = methodsOf(request.url);
    if (statusOf(error) === 404 && methods && !methods.includes(request.method)) {
      const refusal = new OAuthError('invalid_request', `this endpoint is used with ${methods.join(', ')}`);
      reply.status(405).header('Allow', methods.join(', ')).send(refusal.toJSON());
      return;
    }
    const refusal = this.oauthErrorOf(error);
    this.metrics.refused(refusal.code);
    if (refusal.status >= 500 || refusal.code === 'invalid_client' || refusal.code === 'invalid_grant')
      this.log(error, refusal, request);
    if (refusal.code === 'temporarily_unavailable') reply.header('Retry-After', RETRY_AFTER);
    reply
      .status(error instanceof OAuthError ? refusal.status : (statusOf(error) ?? refusal.status))
      .send(refusal.toJSON());
  }

  private async answerPerson(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const failure = pageFailureOf(error);
    const supportCode = newSecret().replace(/[-_]/g, '').slice(0, 10).toUpperCase();
    this.log(error, failure, request, supportCode);
    if (failure.status === 503) reply.header('Retry-After', RETRY_AFTER);
    const { title, explanation, advice, link } = failure;
    await renderPage(reply, ERROR_PAGE, { title, explanation, advice, supportCode, link }, failure.status);
  }

  private oauthErrorOf(error: unknown): OAuthError {
    if (error instanceof OAuthError) return error;
    if (isDatabaseUnavailable(error))
      return new OAuthError('temporarily_unavailable', 'the server cannot reach its database; try again', {
        cause: error,
      });
    const status = statusOf(error);
    if (status === 413) return new OAuthError('invalid_request', 'the body is too large');
    if (status === 415) return new OAuthError('invalid_request', 'the body has a content type that is not read here');
    if (status === 404) return new OAuthError('invalid_request', 'there is nothing at this address');
    if (status !== undefined && status < 500) return new OAuthError('invalid_request', 'the request is malformed');
    return new OAuthError('server_error', 'something went wrong on this server', { cause: error });
  }

  /** By the route as it was declared: an address may hold what must not be logged. */
  private log(error: unknown, shown: OAuthError | PageFailure, request: FastifyRequest, supportCode?: string): void {
    const where = `${request.method} ${request.routeOptions.url ?? '(no such address)'}${supportCode ? ` [${supportCode}]` : ''}`;
    if (shown.status >= 500 && shown.status !== 503)
      this.logger.error(`${where}: ${reasonOf(error)}`, (error as Error | undefined)?.stack);
    else this.logger.log(`${where}: ${reasonOf(error)}`);
  }
}

function pageFailureOf(error: unknown): PageFailure {
  if (error instanceof PageFailure) return error;
  if (isDatabaseUnavailable(error)) {
    return new PageFailure(
      503,
      'This server is short of breath',
      'It cannot reach its database right now. Nothing was lost.',
      'Wait a moment, then reload this page.',
    );
  }
  const status = statusOf(error);
  if (status === 403)
    return new PageFailure(
      403,
      'This form is no longer valid',
      'You logged in or out since it was opened, or it was opened in another browser.',
      'Go back, reload the page and send it again.',
    );
  if (status === 404)
    return new PageFailure(
      404,
      'There is nothing here',
      'No page of this server has this address.',
      'Check the address, or begin at the console.',
      { link: { label: 'Open the console', href: '/console' } },
    );
  if (status !== undefined && status < 500)
    return new PageFailure(
      status,
      'That request was not understood',
      'The browser sent something this page cannot read.',
      'Go back, reload the page and try again.',
    );
  return new PageFailure(
    500,
    'Something went wrong',
    'This server made a mistake. It is in the log, under the code below.',
    'Try again. If it happens again, give the code to whoever runs this server.',
  );
}

/** The HTTP status an error of Nest or Fastify carries. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' && status >= 400 ? status : undefined;
}

/** One line, causes included, nothing a terminal acts upon. */
function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let one = error; one instanceof Error && reasons.length < 4; one = one.cause) {
    // The framework's own message quotes the address.
    reasons.push(one instanceof NotFoundException ? 'nothing is there' : one.message);
  }
  return (reasons.join(' ← ') || String(error)).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 500);
}
