import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Overload } from '../config/overload.js';

/**
 * How many requests are worked on at once. By measurement (`npm run bench:overload`) the best throughput is reached with a
 * tenth of it; what waits behind more would be given up by whoever asked before it is answered.
 */
export const REQUESTS_AT_ONCE = 256;

/**
 * Refuses at once what could only wait (503, `Retry-After`). A request counts from when its body was read, so that those
 * who send slowly fill nothing, until its answer begins, so that those who read slowly fill nothing either.
 */
export function refuseOverload(fastify: FastifyInstance): void {
  const underWay = new Set<FastifyRequest>();
  fastify.addHook('preHandler', (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
    if (underWay.size >= REQUESTS_AT_ONCE && !WATCHES.test(request.url))
      return done(new Overload('requests', underWay.size));
    underWay.add(request);
    done();
  });
  fastify.addHook('onSend', (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Sent) => {
    underWay.delete(request);
    done(null, payload);
  });
  fastify.addHook('onResponse', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    underWay.delete(request);
    done();
  });
}

/** Whoever watches over the server sees it all the same. */
const WATCHES = /^\/(?:health|metrics)/;

type Sent = (error: null, payload: unknown) => void;
