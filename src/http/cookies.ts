import '@fastify/cookie';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { newSecret } from '../oauth/secret.js';

/** `browser`: which browser this is, before anybody logs in. `session`: who is logged in. */
type CookieName = 'browser' | 'session';

/** Random values only; `__Host-` and Secure on https, plain names on http://localhost (RFC 6265bis §4.1.3.2). */
@Injectable()
export class Cookies {
  constructor(private readonly config: Config) {}

  read(request: FastifyRequest, name: CookieName): string | undefined {
    const value = request.cookies[this.nameOf(name)];
    return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
  }

  /** From this very request on: what answers it reads the new one. */
  write(request: FastifyRequest, reply: FastifyReply, name: CookieName, value: string): void {
    reply.setCookie(this.nameOf(name), value, this.attributes());
    request.cookies[this.nameOf(name)] = value;
  }

  clear(reply: FastifyReply, name: CookieName): void {
    reply.clearCookie(this.nameOf(name), this.attributes());
  }

  /** The browser's own value, given to it now if it has none. */
  browser(request: FastifyRequest, reply: FastifyReply): string {
    const known = this.read(request, 'browser');
    if (known) return known;
    const value = newSecret();
    this.write(request, reply, 'browser', value);
    return value;
  }

  private nameOf(name: CookieName): string {
    return `${this.config.secureCookies ? '__Host-' : ''}bkend-${name}`;
  }

  private attributes() {
    return { path: '/', httpOnly: true, sameSite: 'lax', secure: this.config.secureCookies } as const;
  }
}
