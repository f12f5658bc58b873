import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Passkeys } from '../accounts/passkeys.service.js';
import { Cookies } from './cookies.js';
import { Csrf } from './csrf.js';
import type { Form } from './page.js';

/** The form that asks for a passkey: nothing without script. */
export interface PasskeyForm {
  readonly form: Form;
  /** What the browser is asked, as JSON. */
  readonly options: string;
  /** Where a new challenge is had when this one is old. */
  readonly page: string;
  /** Offered among the saved log-ins too. */
  readonly autofill: boolean;
}

/** Passkeys in pages and forms: challenges are bound to the browser. */
@Injectable()
export class PasskeyForms {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly cookies: Cookies,
    private readonly csrf: Csrf,
  ) {}

  /** To log in by a passkey alone, or for this person to prove that it is them; undefined when they have none. */
  async make(
    { action, page, userId }: { action: string; page: string; userId?: string },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<PasskeyForm | undefined> {
    const browser = this.cookies.browser(request, reply);
    const options = await this.passkeys.ask({ use: userId === undefined ? 'log-in' : 'proof', browser, userId });
    if (options === undefined) return undefined;
    return { form: { action, csrf: this.csrf.token(request, reply) }, options, page, autofill: userId === undefined };
  }

  /** Who answered, whoever that is or this person; undefined when the answer counts for nothing. */
  async answeredBy(answer: unknown, request: FastifyRequest, userId?: string): Promise<string | undefined> {
    const browser = this.cookies.read(request, 'browser');
    if (browser === undefined) return undefined;
    return this.passkeys.answeredBy({ use: userId === undefined ? 'log-in' : 'proof', browser, userId }, answer);
  }
}
