import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Config } from '../config/config.js';
import { Overload } from '../config/overload.js';
import { isForPrograms } from './endpoints.js';
import { oauthErrorOf, RETRY_AFTER } from './failures.js';
import type { Metrics } from './metrics.js';
import { CORS, securityHeaders } from './response-headers.js';

/**
 * How many requests are worked on at once. By measurement (`npm run bench:overload`) the best throughput is reached with a
 * tenth of it; what waits behind more would be given up by whoever asked before it is answered.
 */
export const REQUESTS_AT_ONCE = 256;

/** One refusal is said, and logged, for everybody who is refused within this time: more would cost what the rest is worth. */
const SAID_FOR_MS = 1_000;
/** Whoever watches over the server sees it all the same. */
const WATCHES = /^\/(?:health|metrics)/;

/**
 * Refuses at once, unread, what could only wait (503, `Retry-After`): programs before Fastify sees the request, since what
 * a refusal costs is taken from those who are served. A request counts from when its body was read, so that those who
 * send slowly fill nothing, until its answer begins, so that those who read slowly fill nothing either.
 */
export class BackPressure {
  private readonly logger = new Logger('BackPressure');
  private readonly underWay = new Set<FastifyRequest>();
  private readonly headers: Readonly<Record<string, string>>;
  private said = { body: '', until: 0 };
  /** Told of refusals, once there is one. */
  metrics?: Metrics;

  constructor(config: Config) {
    this.headers = {
      ...securityHeaders(config),
      ...CORS,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'retry-after': String(RETRY_AFTER),
    };
  }

  /** The server whose requests Fastify handles when they are not refused. */
  readonly serverFactory = (handle: RequestListener, options: FastifyServerOptions): Server => {
    const { http, keepAliveTimeout, requestTimeout } = options as ServerOptions & { http?: ServerOptions };
    return createServer({ ...http, keepAliveTimeout, requestTimeout }, (request, response) => {
      if (this.isTooMuch(request.url!) && isForPrograms(request.url!) && request.method !== 'OPTIONS')
        this.refuse(response);
      else handle(request, response);
    });
  };

  /** Throws `Overload` when there is no room for a request of a person, who gets a page, for which Fastify is needed. */
  admit({ url }: FastifyRequest): void {
    if (this.isTooMuch(url) && !isForPrograms(url)) throw new Overload('requests', this.underWay.size);
  }

  begun(request: FastifyRequest): void {
    this.underWay.add(request);
  }

  ended(request: FastifyRequest): void {
    this.underWay.delete(request);
  }

  private isTooMuch(url: string): boolean {
    return this.underWay.size >= REQUESTS_AT_ONCE && !WATCHES.test(url);
  }

  private refuse(response: ServerResponse): void {
    this.metrics?.refused('temporarily_unavailable');
    response.writeHead(503, this.headers).end(this.refusalOfTheMoment());
  }

  private refusalOfTheMoment(): string {
    const now = performance.now();
    if (now >= this.said.until) {
      const error = oauthErrorOf(new Overload('requests', this.underWay.size));
      this.logger.warn(`[${error.supportCode}] ${error.message}; ${error.cause as Error}`);
      this.said = { body: JSON.stringify(error), until: now + SAID_FOR_MS };
    }
    return this.said.body;
  }
}
