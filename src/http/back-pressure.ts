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
 * How many requests are worked on at once while there is more to do than can be done. By measurement (`npm run bench:overload`)
 * the best throughput is reached with a quarter of it; more in hand only keep the garbage collector busy, and wait longer.
 * All password hashes that may wait leave half of it to tokens.
 */
export const REQUESTS_AT_ONCE = 128;
/** What comes all at once, after a network or a node was away, is taken in: so many, */
export const REQUESTS_OF_A_BURST = 512;
/** for so long: what is too much for longer is no burst; */
const BURST_MS = 250;
/** and the next burst begins only when for so long there were not too many. */
const CALM_MS = 1_000;

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
  /** When the last burst began, and when there were last too many. */
  private burstSince = -Infinity;
  private lastMany = -Infinity;
  private readonly headers: Readonly<Record<string, string>>;
  private said = { body: '', until: 0 };
  /** Told of refusals, once there is one. */
  metrics?: Metrics;

  constructor(config: Pick<Config, 'secureCookies'>) {
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
    if (this.underWay.size < REQUESTS_AT_ONCE) return false;
    const now = performance.now();
    if (now - this.lastMany > CALM_MS) this.burstSince = now;
    this.lastMany = now;
    const isBurst = now - this.burstSince < BURST_MS && this.underWay.size < REQUESTS_OF_A_BURST;
    return !isBurst && !WATCHES.test(url);
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
