import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { allowsCors } from './endpoints.js';

/** Of every answer, whatever it is; pages loosen the policy by just what they need (see `page.ts`). */
export function securityHeaders({ secureCookies }: Pick<Config, 'secureCookies'>): Record<string, string> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(secureCookies && { 'strict-transport-security': 'max-age=31536000' }),
  };
}

/** For programs in browsers. */
export const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate, Mcp-Session-Id, Retry-After',
};
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, DELETE, OPTIONS',
  'access-control-allow-headers':
    'Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID',
  'access-control-max-age': '86400',
};

/**
 * The headers that do not depend on what is answered. CORS is for programs in browsers, on the endpoints for programs
 * only (oauth-v2-1-13 §3.1): credentials are never cookies there, so everybody may ask.
 */
export class ResponseHeaders {
  private readonly ofPages: Readonly<Record<string, string>>;
  private readonly ofPrograms: Readonly<Record<string, string>>;

  constructor(config: Pick<Config, 'secureCookies'>) {
    this.ofPages = securityHeaders(config);
    this.ofPrograms = { ...this.ofPages, ...CORS };
  }

  /** Sets them. True when they are all the answer there is: to a preflight (Fetch §4.8). */
  set(request: FastifyRequest, reply: FastifyReply): boolean {
    const isPublic = allowsCors(request.url);
    reply.headers(isPublic ? this.ofPrograms : this.ofPages);
    if (!isPublic || request.method !== 'OPTIONS') return false;
    void reply.status(204).headers(PREFLIGHT).send();
    return true;
  }
}
