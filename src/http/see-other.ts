import type { FastifyRequest } from 'fastify';

/** Go and get that page instead (RFC 9110 §15.4.4). Thrown where a request cannot be answered here, caught by the failure filter. */
export class SeeOther extends Error {
  constructor(
    readonly location: string,
    options?: ErrorOptions,
  ) {
    super('see other', options);
  }
}

/** The page to come back to after something else had to be done first. A form cannot be come back to. */
export function askedPage({ method, url }: FastifyRequest): string {
  return method === 'GET' ? url : '/console';
}
