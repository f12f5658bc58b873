import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Overload } from '../config/overload.js';
import { Admission } from './admission.js';
import { isForPrograms, pathOf } from './endpoints.js';
import { oauthErrorOf, RETRY_AFTER } from './failures.js';
import type { Metrics } from './metrics.js';
import { normalizedTarget } from './request-target.js';
import { CORS, securityHeaders } from './response-headers.js';

/**
 * How many requests about tokens, and how many calls of the MCP endpoint, are worked on at once. By measurement (`npm
 * run bench:overload`) the best throughput is reached with fewer; more in hand only wait longer, and keep the garbage
 * collector busy, even if they wait unread (64 more, before Fastify, cost 2 to 9 hundredths of what twice the load
 * leaves, 128 more 7 to 13).
 */
export const OF_PROGRAMS_AT_ONCE = 64;
/** And of people, half of whom may wait for a password to be hashed. None takes another's place. */
export const OF_PEOPLE_AT_ONCE = 128;
/** What waits for the database. All else that programs ask is answered from memory, however much there is to do. */
const OF_TOKENS: ReadonlySet<string> = new Set([PATHS.token, PATHS.revocation, PATHS.introspection]);

/**
 * One refusal is said, and logged, for everybody who is refused within this time: more would cost what the rest is
 * worth.
 */
const SAID_FOR_MS = 1_000;

/**
 * Refuses at once, unread, what could only wait (503, `Retry-After`): programs before Fastify sees the request, since
 * what a refusal costs is taken from those who are served. A request counts from when its body was read, so that those
 * who send slowly fill nothing, until its answer begins, so that those who read slowly fill nothing either.
 */
export class BackPressure {
  private readonly logger = new Logger('BackPressure');
  private readonly tokens = new Admission<FastifyRequest>(OF_PROGRAMS_AT_ONCE);
  private readonly calls = new Admission<FastifyRequest>(OF_PROGRAMS_AT_ONCE);
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
      request.url = normalizedTarget(request.url!);
      const admission = this.admissionOf(request.url);
      if (admission && admission !== this.people && request.method !== 'OPTIONS' && admission.isFull())
        this.refuse(admission, response);
      else handle(request, response);
    });
  };

  /**
   * Throws `Overload` when there is no room for a request of a person, who gets a page, for which Fastify is needed.
   */
  admit({ url }: FastifyRequest): void {
    if (this.admissionOf(url) === this.people && this.people.isFull()) throw new Overload('requests', this.people.size);
  }

  begun(request: FastifyRequest): void {
    this.admissionOf(request.url)?.begun(request);
  }

  ended(request: FastifyRequest): void {
    this.admissionOf(request.url)?.ended(request);
  }

  /** Undefined: whoever asks for this is always answered. */
  private admissionOf(url: string): Admission<FastifyRequest> | undefined {
    const path = pathOf(url);
    if (path === PATHS.mcp) return this.calls;
    if (OF_TOKENS.has(path)) return this.tokens;
    return isForPrograms(path) ? undefined : this.people;
  }

  private refuse({ size }: Admission<FastifyRequest>, response: ServerResponse): void {
    this.metrics?.refused('temporarily_unavailable');
    response.writeHead(503, this.headers).end(this.refusalOfTheMoment(size));
  }

  private refusalOfTheMoment(size: number): string {
    const now = performance.now();
    if (now >= this.said.until) {
      const error = oauthErrorOf(new Overload('requests', size));
      this.logger.warn(`[${error.supportCode}] ${error.message}; ${error.cause as Error}`);
      this.said = { body: JSON.stringify(error), until: now + SAID_FOR_MS };
    }
    return this.said.body;
  }
}
