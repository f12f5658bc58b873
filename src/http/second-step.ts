import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HalfWay } from '../accounts/half-way.js';
import { TooManyAttempts } from '../accounts/login-throttle.js';
import { SecondFactors } from '../accounts/second-factors.service.js';
import type { SecondFactor } from '../database/entities/session.entity.js';
import type { User } from '../database/entities/user.entity.js';
import { StoredFactors } from '../database/repositories/second-factors.repository.js';
import { Finding } from '../oauth/finding.js';
import { type Text, text } from '../texts/text.js';
import { Cookies } from './cookies.js';
import { type PasskeyForm, PasskeyForms } from './passkey-form.js';
import { definePage, type Form, pageLocale } from './page.js';
import { PageFailure } from './page-failure.js';

export interface SecondFactorModel {
  readonly title: Text;
  /** Whose factor it is. */
  readonly person: string;
  readonly form: Form;
  /** To prove it by a passkey instead, for whoever has one. */
  readonly passkey: PasskeyForm | undefined;
  readonly failure: Text | undefined;
  /** Where to begin again, as somebody else. */
  readonly again: string;
}
/** The field "code": of an app, or a recovery code. */
export const SECOND_FACTOR_PAGE = definePage<SecondFactorModel>('second-factor', { script: 'passkeys' });

/** What a code came to. */
type Proof = { readonly by: SecondFactor } | { readonly failure: Text; readonly status: 400 | 401 | 429 };

/** The second step of a log-in, whatever it is for: who is half way in, and whether they prove the rest. */
@Injectable()
export class SecondStep {
  constructor(
    private readonly halfWay: HalfWay,
    private readonly factors: SecondFactors,
    private readonly stored: StoredFactors,
    private readonly passkeys: PasskeyForms,
    private readonly cookies: Cookies,
  ) {}

  /** What the page of the second step is given of somebody whose password was right; undefined when they need none. */
  async after(user: User, request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> {
    if (!(await this.stored.has(user.id))) return undefined;
    return this.halfWay.seal(user, this.cookies.browser(request, reply));
  }

  /** Who is half way in. Throws `PageFailure`: too late, another browser, or another password since. */
  async open(sealed: unknown, request: FastifyRequest, again: string): Promise<User> {
    const user = await this.halfWay.open(sealed, this.cookies.read(request, 'browser'));
    if (!user)
      throw new PageFailure(400, 'second.over', new Finding('page-of-this-browser'), {
        link: { label: text('login.title'), href: again },
      });
    return user;
  }

  /** What a code, or a passkey in its stead, proves; or what the page says, in place. */
  async prove(
    { userId, email }: { userId: string; email: string },
    { code, passkey }: { code: unknown; passkey: unknown },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Proof> {
    if (passkey !== undefined) {
      const by = await this.passkeys.answeredBy(passkey, request, userId);
      return by === userId ? { by: 'passkey' } : { failure: text('passkey.refused'), status: 401 };
    }
    if (typeof code !== 'string' || code.trim() === '' || code.length > 100)
      return { failure: text('second.empty'), status: 400 };
    try {
      const proving = { userId, email, address: request.ip, locale: pageLocale(request) };
      const by = await this.factors.prove(proving, code);
      return by ? { by } : { failure: text('second.wrong'), status: 401 };
    } catch (error) {
      if (!(error instanceof TooManyAttempts)) throw error;
      reply.header('Retry-After', error.retryAfter);
      return { failure: text('second.throttled', { minutes: Math.ceil(error.retryAfter / 60) }), status: 429 };
    }
  }
}
