import { Controller, Header, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Client } from '../clients/clients.service.js';
import { PATHS } from '../config/paths.js';
import { AuthenticatedClient, ClientAuthenticationGuard } from '../http/client-authentication.guard.js';
import { FormParameters } from '../http/form-parameters.js';
import { Recording } from '../http/recording.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import type { Parameters } from '../oauth/parameters.js';
import type { GrantHandler } from './grants/grant-handler.js';
import { HANDLERS } from './grants/index.js';
import type { TokenResponse } from './token-issuer.js';

const KNOWN_PARAMETERS = [
  'grant_type',
  'code',
  'code_verifier',
  'redirect_uri',
  'refresh_token',
  'scope',
  'client_id',
  'client_secret',
];

/** The token endpoint (RFC 6749 §3.2). */
@Controller(PATHS.token)
export class TokenController {
  private readonly handlers: ReadonlyMap<string, GrantHandler>;

  constructor(
    @Inject(HANDLERS) handlers: readonly GrantHandler[],
    private readonly recording: Recording,
  ) {
    this.handlers = new Map(handlers.map((handler) => [handler.grantType, handler]));
  }

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseGuards(ClientAuthenticationGuard)
  async token(
    @AuthenticatedClient() client: Client,
    @FormParameters() parameters: Parameters,
    @Req() request: FastifyRequest,
  ): Promise<TokenResponse> {
    parameters.refuseRepeated(KNOWN_PARAMETERS);
    const grantType = parameters.required('grant_type');
    const handler = this.handlers.get(grantType);
    if (!handler)
      throw new OAuthError(
        'unsupported_grant_type',
        `the grant type must be one of ${[...this.handlers.keys()].join(', ')}`,
        new Finding('grant-type', { grant_type: grantType }),
      );
    const { grant, response } = await handler.handle(client, parameters, request.ip);
    this.recording.know(request, { grantId: grant.id });
    return response;
  }
}
