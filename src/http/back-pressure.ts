import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { Overload } from '../config/overload.js';
import { isForPrograms } from './endpoints.js';
import { oauthErrorOf, RETRY_AFTER } from './failures.js';
import { CORS, securityHeaders } from './response-headers.js';

/**
 * How many requests are worked on at once. By measurement (`npm run bench:overload`) the best throughput is reached with a
 * tenth of it; what waits behind more would be given up by whoever asked before it is answered.
 */
export const REQUESTS_AT_ONCE = 256;

/** One refusal is said, and logged, for everybody who is refused within this time: more would cost what the rest is worth. */
const SAID_FOR_MS = 1_000;

/**
 * Refuses at once, unread, what could only wait (503, `Retry-After`). A request counts from when its body was read, so
 * that those who send slowly fill nothing, until its answer begins, so that those who read slowly fill nothing either.
 * Registered before everything else: what a refusal costs is taken from those who are served.
 */
export function refuseOverload(fastify: FastifyInstance, config: Config): void {
  const underWay = new Set<FastifyRequest>();
  const refusal = refusalOfTheMoment();
  const headers = {
    ...securityHeaders(config),
    ...CORS,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'retry-after': String(RETRY_AFTER),
  };
  const isTooMuch = ({ url }: FastifyRequest) => underWay.size >= REQUESTS_AT_ONCE && !WATCHES.test(url);
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    if (!isTooMuch(request) || !isForPrograms(request.url) || request.method === 'OPTIONS') return done();
    reply.hijack();
    reply.raw.writeHead(503, headers).end(refusal(new Overload('requests', underWay.size)));
  });
  // People get a page, for which the hooks of others are needed.
  fastify.addHook('preParsing', (request: FastifyRequest, _reply: FastifyReply, _body: unknown, done: Refuse) => {
    done(isTooMuch(request) && !isForPrograms(request.url) ? new Overload('requests', underWay.size) : null);
  });
  fastify.addHook('preHandler', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
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

type Refuse = (error: Error | null) => void;
type Sent = (error: null, payload: unknown) => void;

function refusalOfTheMoment(): (overload: Overload) => string {
  const logger = new Logger('BackPressure');
  let [body, until] = ['', 0];
  return (overload) => {
    const now = performance.now();
    if (now < until) return body;
    const error = oauthErrorOf(overload);
    logger.warn(`[${error.supportCode}] ${error.message}; ${error.cause as Error}`);
    [body, until] = [JSON.stringify(error), now + SAID_FOR_MS];
    return body;
  };
}
