import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { Parameters, type RawParameters } from '../oauth/parameters.js';

/**
 * The form body of a program's request (RFC 6749 §3.2). Throws `invalid_request` for any other body; the query is never
 * read.
 */
export function formParameters(request: FastifyRequest): RawParameters {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    throw new OAuthError(
      'invalid_request',
      'the body must be application/x-www-form-urlencoded',
      new Finding('body-form', { content_type: type }),
    );
  return Object(request.body) as RawParameters;
}

/** The body's parameters. */
export const FormParameters = createParamDecorator(
  (_: unknown, context: ExecutionContext) => new Parameters(formParameters(context.switchToHttp().getRequest())),
);
