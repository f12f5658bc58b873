import { stringify } from 'node:querystring';
import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PATHS } from '../config/paths.js';
import { Finding } from '../oauth/finding.js';
import { PageFailure } from '../http/page-failure.js';
import { Recording } from '../http/recording.js';
import { SeeOther, seeOther } from '../http/see-other.js';
import { Parameters, type RawParameters } from '../oauth/parameters.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { AuthorizationRequests, LogInFirst } from './authorization-requests.js';
import { respondentOf, Steps } from './steps.js';

/** What fits in a URL beside the other headers of a request. */
const MAX_QUERY_LENGTH = 12_000;

/** The authorization endpoint (RFC 6749 §3.1). It writes nothing: the request travels sealed. */
@Controller(PATHS.authorization)
export class AuthorizationController {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: Steps,
    private readonly recording: Recording,
  ) {}

  @Get()
  async authorize(
    @Query() query: RawParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const http = { request, reply };
    const asked = await this.read(query, http);
    this.recording.know(request, { requestId: asked.id, clientId: asked.clientId });
    const session = asked.loginAgain ? undefined : await this.steps.session(request);
    const next = session
      ? this.steps.to('organization', http, { request: asked, respondent: respondentOf(session) })
      : this.steps.to('login', http, { request: asked });
    await seeOther(reply, next);
  }

  /**
   * Continues as GET: a form of another site arrives without our cookies, the redirect it is answered with has them.
   */
  @Post()
  async authorizeByForm(
    @Query() query: RawParameters,
    @Body() body: RawParameters | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const parameters = [query, body ?? {}]
      .map((part) => stringify(part as Record<string, string>))
      .filter(Boolean)
      .join('&');
    if (parameters.length > MAX_QUERY_LENGTH)
      throw new PageFailure(
        400,
        'error.too-long',
        new Finding('request-form', { length: parameters.length, most: MAX_QUERY_LENGTH }),
      );
    await seeOther(reply, `${PATHS.authorization}?${parameters}`);
  }

  private async read(
    query: RawParameters,
    http: { request: FastifyRequest; reply: FastifyReply },
  ): Promise<AuthorizationRequest> {
    const person = async () => (await this.steps.session(http.request))?.userId;
    try {
      return await this.requests.read(new Parameters(query), person);
    } catch (error) {
      if (!(error instanceof LogInFirst)) throw error;
      this.recording.know(http.request, { kind: 'document', clientId: error.clientId });
      const waiting = { clientId: error.clientId, query: stringify(withoutLogin(query)) };
      throw new SeeOther(this.steps.toLogInFirst('login', http, waiting), { cause: error });
    }
  }
}

/** They are about to log in: `prompt` need not ask for it again. */
function withoutLogin(query: RawParameters): Record<string, string> {
  const { prompt } = query;
  const rest =
    typeof prompt === 'string'
      ? prompt
          .split(' ')
          .filter((one) => !['login', 'select_account'].includes(one))
          .join(' ')
      : prompt;
  return { ...query, ...(prompt !== undefined && { prompt: rest }) } as Record<string, string>;
}
