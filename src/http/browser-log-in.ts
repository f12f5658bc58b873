import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions, type Entrant } from '../accounts/browser-sessions.js';
import type { SecondFactor } from '../database/entities/session.entity.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { Finding } from '../oauth/finding.js';
import { text } from '../texts/text.js';
import { Cookies } from './cookies.js';
import { PageFailure } from './page-failure.js';
import { Recording } from './recording.js';

/** Who is logged in in this browser. */
@Injectable()
export class BrowserLogIn {
  constructor(
    private readonly sessions: BrowserSessions,
    private readonly cookies: Cookies,
    private readonly recording: Recording,
  ) {}

  async find(request: FastifyRequest): Promise<LiveSession | undefined> {
    const cookie = this.cookies.read(request, 'session');
    // A page that keeps itself new (public/live.js) is nobody's click: it keeps nobody logged in.
    const byItself = request.headers['x-requested-by'] === 'page';
    const session = cookie === undefined ? undefined : await this.sessions.find(cookie, byItself);
    if (session) this.recording.know(request, { userId: session.userId });
    return session;
  }

  /**
   * Logs somebody in, who proved a second factor if any is named, and whoever was logged in out. The cookie's value.
   * Throws `PageFailure` when what they proved counts no more.
   */
  async begin(
    entrant: Entrant,
    request: FastifyRequest,
    reply: FastifyReply,
    secondFactor: SecondFactor | null = null,
  ): Promise<string> {
    await this.endSession(request);
    const from = { address: request.ip, userAgent: request.headers['user-agent'] ?? '' };
    const cookie = await this.sessions.open(entrant, from, secondFactor);
    if (cookie === undefined)
      throw new PageFailure(400, 'second.over', new Finding('log-in', { meanwhile: 'another password, or disabled' }), {
        link: { label: text('login.title'), href: '/console/login' },
      });
    this.cookies.write(request, reply, 'session', cookie);
    return cookie;
  }

  /** A second factor was proved: who knew this session before knows nothing of it from now on. */
  async prove(
    session: LiveSession,
    secondFactor: SecondFactor,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    this.cookies.write(request, reply, 'session', await this.sessions.prove(session, secondFactor));
  }

  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.endSession(request);
    this.cookies.clear(reply, 'session');
  }

  private async endSession(request: FastifyRequest): Promise<void> {
    const cookie = this.cookies.read(request, 'session');
    if (cookie) await this.sessions.end(cookie);
  }
}
