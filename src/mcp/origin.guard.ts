import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Finding } from '../oauth/finding.js';

/**
 * Against DNS rebinding (MCP, Streamable HTTP): the request names this server as its host, and comes from no web page
 * but our own, one on this computer, or one the operator allows. Tools outside browsers send no `Origin`.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  private readonly host: string;

  constructor(private readonly config: Config) {
    this.host = new URL(config.origin).host;
  }

  canActivate(context: ExecutionContext): boolean {
    const { host, origin } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (host?.toLowerCase() !== this.host)
      throw refused('the Host header is not this server', { host, expected: this.host });
    if (origin !== undefined && !this.allows(origin))
      throw refused('the Origin is not allowed to use this server', { origin, allowed: this.config.mcpOrigins });
    return true;
  }

  private allows(origin: string): boolean {
    return (
      origin === this.config.origin ||
      this.config.mcpOrigins.includes(origin) ||
      /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/.test(origin)
    );
  }
}

function refused(message: string, compared: Record<string, unknown>): ForbiddenException {
  return new ForbiddenException(message, { cause: new Finding('origin-allowed', compared) });
}
