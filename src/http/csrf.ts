import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Finding } from '../oauth/finding.js';
import { Sealing } from '../sealing/sealing.service.js';
import { Cookies } from './cookies.js';
import { PageFailure } from './page-failure.js';

/** Form tokens: a MAC over the session, or over the browser while nobody is logged in. No state, none to lose. */
@Injectable()
export class Csrf {
  constructor(
    private readonly sealing: Sealing,
    private readonly cookies: Cookies,
  ) {}

  token(request: FastifyRequest, reply: FastifyReply): string {
    return this.sealing
      .mac('csrf', this.cookies.read(request, 'session') ?? this.cookies.browser(request, reply))
      .toString('base64url');
  }

  /**
   * Made for this session, or for this browser before anybody logged in: a log-in form stays good when somebody logs in
   * in another tab.
   */
  matches(request: FastifyRequest, token: unknown): boolean {
    const mac = Buffer.from(typeof token === 'string' ? token : '', 'base64url');
    // To the last bit: decoding forgives what does not belong.
    if (mac.toString('base64url') !== token) return false;
    const anchors = [this.cookies.read(request, 'session'), this.cookies.read(request, 'browser')];
    return anchors.some((anchor) => anchor !== undefined && this.sealing.hasMac('csrf', anchor, mac));
  }
}

/** The form came from a page of ours, in this browser and session. */
@Injectable()
export class CsrfGuard implements CanActivate {
  constructor(
    private readonly csrf: Csrf,
    private readonly config: Config,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const body = Object(request.body) as { csrf?: unknown };
    if (this.isSameOrigin(request) && this.csrf.matches(request, body.csrf)) return true;
    throw new PageFailure(403, 'error.form', new Finding('form-of-this-session'));
  }

  /**
   * `Sec-Fetch-Site` is the browser's own word. `Origin` decides only where that is missing: under
   * `Referrer-Policy: no-referrer` browsers send `Origin: null` with our own forms (Fetch §3.2).
   */
  private isSameOrigin({ headers }: FastifyRequest): boolean {
    const site = headers['sec-fetch-site'];
    if (site !== undefined) return site === 'same-origin';
    return headers.origin === undefined || headers.origin === this.config.origin;
  }
}
