import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Client, Clients } from '../clients/clients.service.js';
import { ClientAssertions, isUnknownKey } from '../jwt/client-assertions.js';
import { claimsOf } from '../jwt/presented-token.js';
import { type ClientAuthMethod, PRIVATE_KEY_JWT } from '../oauth/client-metadata.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { Parameters } from '../oauth/parameters.js';
import { basicCredentials } from './basic-credentials.js';
import { formParameters } from './form-parameters.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

interface Credentials {
  readonly clientId: string;
  /** The secret, or the assertion. */
  readonly secret?: string;
  readonly method: ClientAuthMethod;
}

type ClientRequest = FastifyRequest & { client?: Client };

/** The client that `ClientAuthenticationGuard` authenticated. */
export const AuthenticatedClient = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ClientRequest>().client,
);

/**
 * Client authentication (RFC 6749 §2.3): `none`, `client_secret_basic`, `client_secret_post`, `private_key_jwt`
 * (RFC 7523 §2.2), as the client registered or published.
 * Throws `invalid_client`, or `invalid_request` when the request says two things at once.
 */
@Injectable()
export class ClientAuthenticationGuard implements CanActivate {
  constructor(
    private readonly clients: Clients,
    private readonly assertions: ClientAssertions,
  ) {}

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

  private async authenticate(credentials: Credentials): Promise<Client> {
    const { clientId } = credentials;
    const client = await this.clients.find(clientId);
    if (!client)
      throw new OAuthError(
        'invalid_client',
        'the client is unknown here; register again',
        new Finding('client-known', { client_id: clientId }),
      );
    try {
      await this.check(credentials, client);
      return client;
    } catch (error) {
      // The other node, where it was approved with new keys just now, is believed before it is refused.
      const since = await this.clients.approvedSince(client);
      if (!since) throw error;
      await this.check(credentials, since);
      return since;
    }
  }

  private async check({ clientId, secret, method }: Credentials, client: Client): Promise<void> {
    const registered = client.metadata.token_endpoint_auth_method;
    // Some tools send Basic with an empty password for a public client.
    const presented = secret === undefined || secret === '' ? 'none' : method;
    if (presented !== registered)
      throw new OAuthError(
        'invalid_client',
        `this client authenticates by ${registered}`,
        new Finding('client-authentication-method', { client_id: clientId, presented, registered }),
      );
    if (registered === PRIVATE_KEY_JWT) await this.verify(secret!, client);
    else if (registered !== 'none' && !this.clients.isSecretOf(client, secret!))
      throw new OAuthError(
        'invalid_client',
        'the client secret is wrong',
        new Finding('client-secret', { client_id: clientId }),
      );
  }

  private async verify(assertion: string, { clientId, metadata }: Client): Promise<void> {
    try {
      await this.assertions.verify(assertion, clientId, metadata.jwks);
    } catch (error) {
      // It may have new keys; whoever connects it next reads them.
      if (isUnknownKey(error)) this.clients.readAgain(clientId);
      throw error;
    }
  }
}

function credentialsOf(request: FastifyRequest): Credentials {
  const body = new Parameters(formParameters(request));
  const [bodyId, bodySecret] = [body.optional('client_id'), body.optional('client_secret')];
  const header = request.headers.authorization;
  const assertion = assertionOf(body);
  if (assertion !== undefined) {
    if (header !== undefined || bodySecret !== undefined)
      throw twoThings('the client authenticates in two ways at once');
    return { clientId: bodyId ?? subjectOf(assertion), secret: assertion, method: PRIVATE_KEY_JWT };
  }
  if (header === undefined) {
    const clientId = body.required('client_id');
    return { clientId, secret: bodySecret, method: bodySecret === undefined ? 'none' : 'client_secret_post' };
  }
  const basic = basicCredentials(header);
  if (bodySecret !== undefined) throw twoThings('the client authenticates in two ways at once');
  if (bodyId !== undefined && bodyId !== basic.clientId)
    throw twoThings('client_id differs from the one in the Authorization header');
  return { ...basic, method: 'client_secret_basic' };
}

function assertionOf(body: Parameters): string | undefined {
  const [type, assertion] = [body.optional('client_assertion_type'), body.optional('client_assertion')];
  if (type === undefined && assertion === undefined) return undefined;
  if (type !== JWT_BEARER || assertion === undefined)
    throw new OAuthError(
      'invalid_client',
      'the client assertion is of no known type',
      new Finding('client-assertion', { client_assertion_type: type }),
    );
  return assertion;
}

/** RFC 7523 §3: the subject is the client; `client_id` may be left out. */
function subjectOf(assertion: string): string {
  const { sub } = claimsOf(assertion);
  if (typeof sub === 'string' && sub !== '' && !sub.includes('\0')) return sub;
  throw new OAuthError(
    'invalid_client',
    'the client assertion is not valid',
    new Finding('client-assertion', { sub: null }),
  );
}

function twoThings(what: string): OAuthError {
  return new OAuthError('invalid_request', what, new Finding('client-authentication-method'));
}
