import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Client, Clients } from '../clients/clients.service.js';
import type { ClientAuthMethod } from '../oauth/client-metadata.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { Parameters } from '../oauth/parameters.js';
import { formParameters } from './form-parameters.js';

interface Credentials {
  readonly clientId: string;
  readonly secret?: string;
  readonly method: ClientAuthMethod;
}

type ClientRequest = FastifyRequest & { client?: Client };

/** The client that `ClientAuthenticationGuard` authenticated. */
export const AuthenticatedClient = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ClientRequest>().client,
);

/**
 * Client authentication (RFC 6749 §2.3): `none`, `client_secret_basic`, `client_secret_post`, as the client registered.
 * Throws `invalid_client`, or `invalid_request` when the request says two things at once.
 */
@Injectable()
export class ClientAuthenticationGuard implements CanActivate {
  constructor(private readonly clients: Clients) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ClientRequest>();
    try {
      request.client = await this.authenticate(credentialsOf(request));
    } catch (error) {
      // RFC 6749 §5.2: answer in the scheme the client used.
      if (
        error instanceof OAuthError &&
        error.code === 'invalid_client' &&
        request.headers.authorization !== undefined
      ) {
        http.getResponse<FastifyReply>().header('WWW-Authenticate', 'Basic realm="token endpoint", charset="UTF-8"');
      }
      throw error;
    }
    return true;
  }

  private async authenticate({ clientId, secret, method }: Credentials): Promise<Client> {
    const client = await this.clients.find(clientId);
    if (!client) throw new OAuthError('invalid_client', 'the client is unknown here; register again');
    const registered = client.metadata.token_endpoint_auth_method;
    // Some tools send Basic with an empty password for a public client.
    const presented = secret === undefined || secret === '' ? 'none' : method;
    if (presented !== registered) throw new OAuthError('invalid_client', `this client authenticates by ${registered}`);
    if (registered !== 'none' && !this.clients.isSecretOf(client, secret!))
      throw new OAuthError('invalid_client', 'the client secret is wrong');
    return client;
  }
}

function credentialsOf(request: FastifyRequest): Credentials {
  const body = new Parameters(formParameters(request));
  const [bodyId, bodySecret] = [body.optional('client_id'), body.optional('client_secret')];
  const header = request.headers.authorization;
  if (header === undefined) {
    if (bodyId === undefined) throw new OAuthError('invalid_request', 'client_id is missing');
    return { clientId: bodyId, secret: bodySecret, method: bodySecret === undefined ? 'none' : 'client_secret_post' };
  }
  const basic = basicCredentials(header);
  if (bodySecret !== undefined) throw new OAuthError('invalid_request', 'the client authenticates in two ways at once');
  if (bodyId !== undefined && bodyId !== basic.clientId)
    throw new OAuthError('invalid_request', 'client_id differs from the one in the Authorization header');
  return { ...basic, method: 'client_secret_basic' };
}

/** RFC 6749 §2.3.1 and RFC 7617. Ids and secrets of ours need no form-encoding, so clients that forget it are fine. */
function basicCredentials(header: string): { clientId: string; secret: string } {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  const pair = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon < 1)
    throw new OAuthError('invalid_client', 'the Authorization header is not valid Basic authentication');
  try {
    return { clientId: decodeURIComponent(pair.slice(0, colon)), secret: decodeURIComponent(pair.slice(colon + 1)) };
  } catch {
    throw new OAuthError('invalid_client', 'the Authorization header is not valid Basic authentication');
  }
}
