import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers: go and get that page (RFC 9110 §15.4.4). For whoever has the reply in hand; nobody else redirects. */
export function seeOther(reply: FastifyReply, location: string): FastifyReply {
  return reply.header('Cache-Control', 'no-store').redirect(location, 303);
}

/** The same, thrown where a request turns out not to be answered here; the failure filter answers. */
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
