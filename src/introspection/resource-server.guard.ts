import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { basicCredentials } from '../http/basic-credentials.js';
import { formParameters } from '../http/form-parameters.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { Parameters } from '../oauth/parameters.js';
import type { ProtectedResource } from '../oauth/resource.js';
import { Resources } from '../resources/resources.service.js';

/** How the server of a resource may authenticate. */
export const RESOURCE_SERVER_AUTH_METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post'];

type ResourceServerRequest = FastifyRequest & { resource?: ProtectedResource };

/** The resource whose server `ResourceServerGuard` authenticated. */
export const AuthenticatedResource = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ResourceServerRequest>().resource,
);

/** Lets in the server of a declared resource, by its own credentials (RFC 7662 §2.1). Throws `invalid_client`. */
@Injectable()
export class ResourceServerGuard implements CanActivate {
  constructor(private readonly resources: Resources) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<ResourceServerRequest>();
    request.resource = this.authenticate(request);
    if (request.resource) return true;
    http
      .getResponse<FastifyReply>()
      .header('WWW-Authenticate', 'Basic realm="introspection endpoint", charset="UTF-8"');
    throw new OAuthError(
      'invalid_client',
      'these are not the credentials of a resource server declared here',
      new Finding('resource-server-credentials'),
    );
  }

  private authenticate(request: FastifyRequest): ProtectedResource | undefined {
    const body = new Parameters(formParameters(request));
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      if (body.optional('client_secret') !== undefined)
        throw new OAuthError(
          'invalid_request',
          'the server authenticates in two ways at once',
          new Finding('client-authentication-method'),
        );
      const { clientId, secret } = basicCredentials(authorization);
      return this.resources.authenticate(clientId, secret);
    }
    const [serverId, secret] = [body.optional('client_id'), body.optional('client_secret')];
    return serverId === undefined || secret === undefined ? undefined : this.resources.authenticate(serverId, secret);
  }
}
