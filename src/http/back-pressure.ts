import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Config } from '../config/config.js';
import { Overload } from '../config/overload.js';
import { Admission } from './admission.js';
import { isForPrograms } from './endpoints.js';
import { oauthErrorOf, RETRY_AFTER } from './failures.js';
import type { Metrics } from './metrics.js';
import { CORS, securityHeaders } from './response-headers.js';

/**
 * How many requests of programs are worked on at once. By measurement (`npm run bench:overload`) the best throughput is
 * reached with fewer; more in hand only wait longer, and keep the garbage collector busy, even if they wait unread (64
 * more, before Fastify, cost 2 to 9 hundredths of what twice the load leaves, 128 more 7 to 13).
 */
export const OF_PROGRAMS_AT_ONCE = 64;
/** And of people, half of whom may wait for a password to be hashed. Neither takes the other's place. */
export const OF_PEOPLE_AT_ONCE = 128;

/** One refusal is said, and logged, for everybody who is refused within this time: more would cost what the rest is worth. */
const SAID_FOR_MS = 1_000;
/** Whoever watches over the server is answered all the same. */
const WATCHES = /^\/(?:health|metrics)/;

/**
 * Refuses at once, unread, what could only wait (503, `Retry-After`): programs before Fastify sees the request, since what
 * a refusal costs is taken from those who are served. A request counts from when its body was read, so that those who
 * send slowly fill nothing, until its answer begins, so that those who read slowly fill nothing either.
 */
export class BackPressure {
  private readonly logger = new Logger('BackPressure');
  private readonly programs = new Admission<FastifyRequest>(OF_PROGRAMS_AT_ONCE);
  private readonly people = new Admission<FastifyRequest>(OF_PEOPLE_AT_ONCE);
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
      const url = request.url!;
      if (isForPrograms(url) && request.method !== 'OPTIONS' && !WATCHES.test(url) && this.programs.isFull())
        this.refuse(response);
      else handle(request, response);
    });
  };

  /** Throws `Overload` when there is no room for a request of a person, who gets a page, for which Fastify is needed. */
  admit({ url }: FastifyRequest): void {
    if (!isForPrograms(url) && this.people.isFull()) throw new Overload('requests', this.people.size);
  }

  begun(request: FastifyRequest): void {
    this.admissionOf(request).begun(request);
  }

  ended(request: FastifyRequest): void {
    this.admissionOf(request).ended(request);
  }

  private admissionOf({ url }: FastifyRequest): Admission<FastifyRequest> {
    return isForPrograms(url) ? this.programs : this.people;
  }

  private refuse(response: ServerResponse): void {
    this.metrics?.refused('temporarily_unavailable');
    response.writeHead(503, this.headers).end(this.refusalOfTheMoment());
  }

  private refusalOfTheMoment(): string {
    const now = performance.now();
    if (now >= this.said.until) {
      const error = oauthErrorOf(new Overload('requests', this.programs.size));
      this.logger.warn(`[${error.supportCode}] ${error.message}; ${error.cause as Error}`);
      this.said = { body: JSON.stringify(error), until: now + SAID_FOR_MS };
    }
    return this.said.body;
  }
}
