import { Body, Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DynamicClients } from '../clients/dynamic-clients.js';
import { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Recording } from '../http/recording.js';
import type { ClientMetadata } from '../oauth/client-metadata.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { registeredMetadata } from './registered-metadata.js';
import { readRegistration } from './registration-request.js';

/** A registered client as told to it (RFC 7591 §3.2.1): nothing absent is null. */
interface RegistrationResponse extends ClientMetadata {
  readonly client_id: string;
  /** Seconds since the epoch. */
  readonly client_id_issued_at: number;
  readonly client_secret?: string;
  /** 0: never. */
  readonly client_secret_expires_at?: 0;
}

/** Dynamic client registration (RFC 7591 §3). Writes nothing: the client id is the registration. */
@Controller(PATHS.registration)
export class RegistrationController {
  constructor(
    private readonly clients: DynamicClients,
    private readonly config: Config,
    private readonly recording: Recording,
  ) {}

  @Post()
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  register(@Body() body: unknown, @Req() request: FastifyRequest): RegistrationResponse {
    const metadata = registeredMetadata(readRegistration(body), this.config);
    const sealed = this.clients.seal(metadata);
    if (!sealed)
      throw new OAuthError(
        'invalid_client_metadata',
        'the registration is too large',
        new Finding('registration', { characters: JSON.stringify(metadata).length }),
      );
    const { clientId, issuedAt } = sealed;
    this.recording.know(request, { clientId, clientName: metadata.client_name });
    return {
      client_id: clientId,
      client_id_issued_at: issuedAt,
      ...(metadata.token_endpoint_auth_method !== 'none' && {
        client_secret: this.clients.secretOf(clientId),
        client_secret_expires_at: 0,
      }),
      ...metadata,
    };
  }
}
