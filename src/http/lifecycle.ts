import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { actsFrom, actsNoMore } from './acting.js';
import type { BackPressure } from './back-pressure.js';
import type { Metrics } from './metrics.js';
import type { Recording } from './recording.js';
import { ResponseHeaders } from './response-headers.js';

/**
 * What happens around the handler of every request, in order: one hook a moment, since every request pays for each. A
 * request counts, and a person acts, from when its body was read (what is read from a socket is nobody's act) until its
 * answer begins, whether or not somebody still waits for it.
 */
export function accompany(
  fastify: FastifyInstance,
  {
    pressure,
    metrics,
    recording,
    config,
  }: { pressure: BackPressure; metrics: Metrics; recording: Recording; config: Config },
): void {
  const headers = new ResponseHeaders(config);
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    if (headers.set(request, reply)) return;
    pressure.admit(request);
    done();
  });
  fastify.addHook('preHandler', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    pressure.begun(request);
    actsFrom(request, done);
  });
  fastify.addHook('onSend', (request: FastifyRequest, _reply: FastifyReply, payload: unknown, done: Sent) => {
    pressure.ended(request);
    actsNoMore(request);
    done(null, payload);
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    pressure.ended(request);
    const { url } = request.routeOptions;
    metrics.answered(request.method, url, reply.statusCode, reply.elapsedTime);
    recording.answered(request, url, reply.statusCode);
    done();
  });
}

type Sent = (error: null, payload: unknown) => void;
