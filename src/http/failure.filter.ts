import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { OWN_SCOPES } from '../oauth/scope.js';
import { isForPrograms, methodsOf } from './endpoints.js';
import { oauthErrorOf, pageFailureOf, RETRY_AFTER, statusOf } from './failures.js';
import { Cookies } from './cookies.js';
import { GuessThrottle } from './guess-throttle.js';
import { Metrics } from './metrics.js';
import type { PageFailure } from './page-failure.js';
import { ERROR_PAGE, renderPage } from './page.js';
import { Recording } from './recording.js';
import { askedPage, SeeOther, seeOther } from './see-other.js';
import { StepUpFirst, stepUpPath } from './step-up-first.js';

/**
 * Every failure of every endpoint: JSON for programs, a page for people, the reason for the log under the same support
 * code.
 */
@Catch()
export class FailureFilter implements ExceptionFilter {
  private readonly logger = new Logger('Failure');

  constructor(
    private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly recording: Recording,
    private readonly cookies: Cookies,
    private readonly guesses: GuessThrottle,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    if (reply.sent) return;
    try {
      await this.answer(error, request, reply);
    } catch (fault) {
      // Nobody catches what is thrown here: it would end the process.
      this.logger.error(`A failure could not be told: ${(fault as Error).message}`, (fault as Error).stack);
      if (!reply.sent) void reply.status(500).send();
    }
  }

  private async answer(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (error instanceof StepUpFirst)
      return this.sendAway(new SeeOther(stepUpPath(askedPage(request), error.organizationId)), request, reply);
    if (error instanceof SeeOther) return this.sendAway(error, request, reply);
    if (isForPrograms(request.url)) this.answerProgram(error, request, reply);
    else await this.answerPerson(error, request, reply);
  }

  /** To another page; a refusal that is taken back to a tool is one all the same. */
  private sendAway({ location, cause }: SeeOther, request: FastifyRequest, reply: FastifyReply): void {
    if (cause instanceof OAuthError) this.log(cause, request, 303);
    seeOther(reply, location);
  }

  private answerProgram(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    reply.header('Cache-Control', 'no-store');
    const finding = error instanceof Error ? findingOf(error) : undefined;
    const wait = finding && this.guesses.count(finding, request.ip);
    if (wait !== undefined) return this.stop(finding!, wait, request, reply);
    if (error instanceof BearerChallenge) return this.challenge(error, request, reply);
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
    const isOtherMethod = statusOf(error) === 404 && methods && !methods.includes(request.method);
    const refusal = isOtherMethod ? otherMethod(request.method, methods) : oauthErrorOf(error);
    const status = isOtherMethod ? 405 : (refusal !== error && statusOf(error)) || refusal.status;
    if (isOtherMethod) reply.header('Allow', methods.join(', '));
    if (refusal.code === 'temporarily_unavailable') reply.header('Retry-After', RETRY_AFTER);
    this.metrics.refused(refusal.code);
    this.log(refusal, request, status);
    reply.status(status).send(refusal.toJSON());
  }

  /** One guess too many: in words that no tool takes for the end of its connection. */
  private stop(finding: Finding, wait: number, request: FastifyRequest, reply: FastifyReply): void {
    const words = 'too many credentials that are not valid came from this address; try again later';
    const refusal = new OAuthError('temporarily_unavailable', words, finding);
    this.metrics.refused(refusal.code);
    this.log(refusal, request, 429);
    reply.status(429).header('Retry-After', wait).send(refusal.toJSON());
  }

  private challenge(error: BearerChallenge, request: FastifyRequest, reply: FastifyReply): void {
    if (error.code) {
      this.metrics.refused(error.code);
      this.log(error, request, error.status);
    }
    const metadata = this.config.origin + PATHS.resourceMetadata;
    reply.status(error.status).header('WWW-Authenticate', error.header(metadata, OWN_SCOPES.names));
    reply.send(
      error.code
        ? { error: error.code, error_description: error.errorDescription }
        : { message: 'An access token is needed.' },
    );
  }

  private async answerPerson(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const failure = pageFailureOf(error);
    this.log(failure, request, failure.status);
    if (failure.status === 503) reply.header('Retry-After', RETRY_AFTER);
    const { title, explanation, advice, link, other, supportCode } = failure;
    // A page that is not there explains itself. Of any other, the browser that was shown it may see how it came to
    // that.
    const attempt = failure.status === 404 ? undefined : `/console/attempts/${supportCode}`;
    if (attempt) this.cookies.browser(request, reply);
    await renderPage(
      reply,
      ERROR_PAGE,
      { title, explanation, advice, supportCode, attempt, link, other },
      failure.status,
    );
  }

  /** By the route as it was declared: an address may hold what must not be logged. */
  private log(shown: OAuthError | PageFailure | BearerChallenge, request: FastifyRequest, status: number): void {
    const finding = findingOf(shown);
    if (finding && status !== 404) this.recording.failed(request, finding, shown.supportCode);
    const where = `${request.method} ${request.routeOptions.url ?? '(no such address)'} ${status}`;
    const line = `[${shown.supportCode}] ${where}: ${shown.message}; ${finding?.toString() ?? ''}`;
    const text = line.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 2_000);
    if (status >= 500 && status !== 503) this.logger.error(text, (finding?.cause as Error | undefined)?.stack);
    else this.logger.log(text);
  }
}

function otherMethod(method: string, methods: readonly string[]): OAuthError {
  return new OAuthError(
    'invalid_request',
    `this endpoint is used with ${methods.join(', ')}`,
    new Finding('request-form', { method, allowed: methods }),
  );
}

/** What is at the end of the causes: a page's may be an OAuth error, whose own is the finding. */
function findingOf(error: Error): Finding | undefined {
  for (let one: unknown = error; one instanceof Error; one = one.cause) if (one instanceof Finding) return one;
  return undefined;
}
