import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../config/clock.js';
import type { SecondFactor } from '../../database/entities/session.entity.js';
import { StoredPasskeys } from '../../database/repositories/passkeys.repository.js';
import { StoredFactors } from '../../database/repositories/second-factors.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { BrowserLogIn } from '../../http/browser-log-in.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { type Text, text } from '../../texts/text.js';
import { pagePath } from '../return-path.js';
import { Shells } from '../shells.js';
import { RECOVERY_CODES_PAGE, SECURITY_PAGE } from './security.pages.js';

const FEW_CODES = 3;

/** The page that everything about second factors comes back to, and the one that shows codes once. */
@Injectable()
export class SecurityPages {
  constructor(
    private readonly shells: Shells,
    private readonly stored: StoredFactors,
    private readonly passkeys: StoredPasskeys,
    private readonly logIn: BrowserLogIn,
    private readonly clock: Clock,
  ) {}

  async show(
    session: LiveSession,
    { notice, failure, back }: { notice?: Text; failure?: Text; back?: unknown },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const now = this.clock.now();
    const { any, app, recoveryCodes } = await this.stored.of(session.userId);
    const model = {
      title: text('security.title'),
      shell,
      notice,
      failure,
      app: app && { since: moment(app.createdAt, now), used: moment(app.lastUsedAt, now) },
      passkeys: (await this.passkeys.ofUser(session.userId)).map(({ id, name, createdAt, lastUsedAt }) => ({
        id,
        name,
        since: moment(createdAt, now),
        used: moment(lastUsedAt, now),
      })),
      newPasskey: this.path('/passkeys', back),
      codes: any ? recoveryCodes : undefined,
      hasFactor: any,
      fewCodes: recoveryCodes <= FEW_CODES,
      setUpApp: this.path('/authenticator', back),
      next: any ? pagePath(back) : undefined,
    };
    await renderPage(reply, SECURITY_PAGE, model, failure ? 400 : 200);
  }

  async hasPasskey({ userId }: LiveSession, id: string): Promise<boolean> {
    return (await this.passkeys.ofUser(userId)).some((one) => one.id === id);
  }

  /**
   * After a factor was added: this session has proved it, new codes are shown once, and the person goes on where they
   * were.
   */
  async added(
    session: LiveSession,
    {
      recoveryCodes,
      by,
      done,
      back,
    }: { recoveryCodes: readonly string[] | undefined; by: SecondFactor; done: string; back: unknown },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    await this.logIn.prove(session, by, request, reply);
    if (recoveryCodes) return this.showCodes(session, recoveryCodes, back, request, reply);
    await seeOther(reply, pagePath(back) ?? `/console/account/security?done=${done}`);
  }

  async showCodes(
    session: LiveSession,
    codes: readonly string[],
    back: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { shell } = await this.shells.make('account', session, { request, reply });
    const next = pagePath(back) ?? '/console/account/security';
    const model = { title: text('codes.title'), shell, notice: undefined, codes, next };
    await renderPage(reply, RECOVERY_CODES_PAGE, model);
  }

  /** A page below this one, which leads on to the same place. */
  path(below: string, back: unknown): string {
    const page = pagePath(back);
    return `/console/account/security${below}${page === undefined ? '' : `?return=${encodeURIComponent(page)}`}`;
  }
}
