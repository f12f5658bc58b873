import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Entrant } from '../accounts/browser-sessions.js';
import { toolIdentity } from '../clients/tool-identity.js';
import { PATHS } from '../config/paths.js';
import type { SecondFactor } from '../database/entities/session.entity.js';
import { BrowserLogIn } from '../http/browser-log-in.js';
import { Recording } from '../http/recording.js';
import { hashSecret } from '../oauth/secret.js';
import { text } from '../texts/text.js';
import type { Respondent } from './authorization-request.js';
import { AuthorizationRequests } from './authorization-requests.js';
import type { AskingTool } from './authorization.pages.js';
import { Steps } from './steps.js';

/** What a log-in is for: a request that was read, or one that waits until somebody is logged in. */
export interface Entry {
  readonly tool: AskingTool;
  readonly loginAgain: boolean;
  /** Where somebody logs in for it. */
  readonly login: string;
  /** Where a passkey that was used for it goes. */
  readonly passkey: string;
  /** Where somebody proves a second factor for it, who is half way in. */
  readonly secondFactor: (person: string) => string;
  /** Where somebody goes who has logged in. */
  readonly next: (respondent: Respondent) => string;
}

/** The way into the flow: who logs in for which request. */
@Injectable()
export class Entries {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly steps: Steps,
    private readonly logIn: BrowserLogIn,
    private readonly recording: Recording,
  ) {}

  async of(request: FastifyRequest, reply: FastifyReply): Promise<Entry> {
    const http = { request, reply };
    const waiting = this.steps.openWaiting(request);
    if (waiting) {
      return {
        tool: unreadTool(waiting.clientId),
        loginAgain: false,
        login: this.steps.toLogInFirst('login', http, waiting),
        passkey: this.steps.toLogInFirst('passkey', http, waiting),
        secondFactor: (person) => `${this.steps.toLogInFirst('second-factor', http, waiting)}&person=${person}`,
        next: () => `${PATHS.authorization}?${waiting.query}`,
      };
    }
    const { loginAgain = false, ...asked } = this.steps.open(request).request;
    const client = await this.requests.knownClientOf(asked);
    const again = { request: { ...asked, ...(loginAgain && { loginAgain }) } };
    return {
      tool: client ? toolIdentity(client, asked.redirectUri) : unreadTool(asked.clientId),
      loginAgain,
      login: this.steps.to('login', http, again),
      passkey: this.steps.to('passkey', http, again),
      secondFactor: (person) => `${this.steps.to('second-factor', http, again)}&person=${person}`,
      next: (respondent) => this.steps.to('organization', http, { request: asked, respondent }),
    };
  }

  /**
   * Logs somebody in: a new session, and the end of any the browser had. But somebody who is logged in already, and has
   * proved as much, stays so, or connecting one tool would cut short another in the next tab.
   */
  async enter(
    entrant: Entrant,
    secondFactor: SecondFactor | null,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Respondent> {
    const { id: userId } = entrant;
    this.recording.know(request, { userId });
    const session = await this.steps.session(request);
    if (session?.userId === userId && (session.proven || !secondFactor))
      return { userId, session: session.idHash.toString('base64url') };
    const cookie = await this.logIn.begin(entrant, request, reply, secondFactor);
    return { userId, session: hashSecret(cookie).toString('base64url') };
  }
}

/** A tool whose document has not been read here: its host is all there is to show. */
function unreadTool(clientId: string): AskingTool {
  const name = URL.canParse(clientId) ? new URL(clientId).host : text('tool.unnamed');
  return { name, selfAsserted: false, registered: false, verifiedHost: undefined };
}
