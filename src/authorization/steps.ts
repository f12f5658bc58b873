import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import { PATHS } from '../config/paths.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { Cookies } from '../http/cookies.js';
import { Csrf } from '../http/csrf.js';
import type { Form } from '../http/page.js';
import { Recording } from '../http/recording.js';
import { Finding } from '../oauth/finding.js';
import { PageFailure } from '../http/page-failure.js';
import { SeeOther } from '../http/see-other.js';
import { type Purpose, Sealing } from '../sealing/sealing.service.js';
import type { AuthorizationRequest, Respondent } from './authorization-request.js';

/** The pages of the flow, in order, and "Not you?", which goes back to the first. */
export type Step = 'login' | 'passkey' | 'second-factor' | 'organization' | 'ask' | 'refused' | 'approve' | 'not-you';

/** What the URL of a step holds, sealed. */
interface Travelling {
  readonly request: AuthorizationRequest;
  readonly respondent?: Respondent;
}

/** A request that waits for a log-in unread, since its client is known only by a document. */
interface Waiting {
  readonly clientId: string;
  /** Of the authorization endpoint, as it came. */
  readonly query: string;
}

/** A request in the hands of somebody who is logged in. */
export interface Answering {
  readonly request: AuthorizationRequest;
  readonly respondent: Respondent;
  readonly session: LiveSession;
}

const WAITING_SECONDS = 3600;

/**
 * The way of an authorization request through the pages. It is sealed for the browser that opened it, and after log-in
 * bound to session and person: in anybody else's hands the link is worth nothing.
 */
@Injectable()
export class Steps {
  constructor(
    private readonly sealing: Sealing,
    private readonly cookies: Cookies,
    private readonly csrf: Csrf,
    private readonly logIn: BrowserLogIn,
    private readonly clock: Clock,
    private readonly recording: Recording,
  ) {}

  /** The URL of a step, for this browser. */
  to(step: Step, http: { request: FastifyRequest; reply: FastifyReply }, travelling: Travelling): string {
    const seconds = Math.ceil((travelling.request.expiresAt - this.clock.now().getTime()) / 1000);
    const sealed = this.sealing.sealValue(
      'authorization-request',
      travelling,
      seconds,
      this.cookies.browser(http.request, http.reply),
    );
    return `${PATHS.authorization}/${step}?request=${sealed}`;
  }

  /** To log in first, and only then begin with this query of the authorization endpoint. */
  toLogInFirst(
    step: 'login' | 'passkey' | 'second-factor',
    http: { request: FastifyRequest; reply: FastifyReply },
    waiting: Waiting,
  ): string {
    const sealed = this.sealing.sealValue(
      'waiting-request',
      waiting,
      WAITING_SECONDS,
      this.cookies.browser(http.request, http.reply),
    );
    return `${PATHS.authorization}/${step}?waiting=${sealed}`;
  }

  /** What waits behind this log-in, if it is a request that could not be read before. Throws `PageFailure`. */
  openWaiting(request: FastifyRequest): Waiting | undefined {
    const { waiting: sealed } = Object(request.query) as { waiting?: unknown };
    if (sealed === undefined) return undefined;
    const waiting = this.opened<Waiting>('waiting-request', sealed, request);
    this.recording.know(request, { clientId: waiting.clientId });
    return waiting;
  }

  form(step: Step, http: { request: FastifyRequest; reply: FastifyReply }, travelling: Travelling): Form {
    return { action: this.to(step, http, travelling), csrf: this.csrf.token(http.request, http.reply) };
  }

  /** The request this URL holds. Throws `PageFailure` when it is over, or not this browser's. */
  open(request: FastifyRequest): Travelling {
    const { request: sealed } = Object(request.query) as { request?: unknown };
    const travelling = this.opened<Travelling>('authorization-request', sealed, request);
    const { id, clientId } = travelling.request;
    this.recording.know(request, { requestId: id, clientId, organizationId: travelling.respondent?.organizationId });
    return travelling;
  }

  /** Whether what this URL holds was this browser's, and its time is over. */
  isOver(request: FastifyRequest): boolean {
    const { request: sealed } = Object(request.query) as { request?: unknown };
    const browser = this.cookies.read(request, 'browser');
    return browser !== undefined && this.sealing.openValue('authorization-request', sealed, browser) === 'expired';
  }

  /** The same, by the person who logged in for it. Sends back to log in when the session is over. */
  async openAnswering(request: FastifyRequest, reply: FastifyReply): Promise<Answering> {
    const travelling = this.open(request);
    const session = await this.session(request);
    if (!session) throw new SeeOther(this.to('login', { request, reply }, { request: travelling.request }));
    const { respondent } = travelling;
    if (
      !respondent ||
      respondent.userId !== session.userId ||
      respondent.session !== session.idHash.toString('base64url')
    ) {
      throw new PageFailure(
        400,
        'error.another-person',
        new Finding('page-of-this-person', { began_as: respondent?.userId, now: session.userId }),
      );
    }
    return { request: travelling.request, respondent, session };
  }

  private opened<T>(purpose: Purpose, sealed: unknown, request: FastifyRequest): T {
    const browser = this.cookies.read(request, 'browser');
    const opened = browser ? this.sealing.openValue<T>(purpose, sealed, browser) : undefined;
    if (opened === 'expired') throw new PageFailure(400, 'error.waited', new Finding('page-in-time'));
    if (!opened)
      throw new PageFailure(
        400,
        'error.another-browser',
        new Finding('page-of-this-browser', { cookie: browser === undefined ? 'missing' : 'another' }),
      );
    return opened.value;
  }

  /** Who is logged in in this browser. */
  session(request: FastifyRequest): Promise<LiveSession | undefined> {
    return this.logIn.find(request);
  }
}

/** The person of this session, as the one who answers. */
export function respondentOf(session: Pick<LiveSession, 'userId' | 'idHash'>): Respondent {
  return { userId: session.userId, session: session.idHash.toString('base64url') };
}
