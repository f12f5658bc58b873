import { Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { consume, makeLimiter } from '../accounts/limiter.js';
import type { Client } from '../clients/clients.service.js';
import { toolName } from '../clients/names.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { RateLimitStore } from '../database/rate-limit-store.js';
import {
  type AccessRequest,
  AccessRequests,
  type Answered,
  type OpenRequest,
  openUntil,
} from '../database/repositories/access-requests.repository.js';
import { Memberships } from '../database/repositories/memberships.repository.js';
import { type Decision, SELF_ASSERTED } from '../database/repositories/policies.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import { Mailer } from '../mail/mailer.service.js';
import { localeOf } from '../texts/locale.js';
import { text } from '../texts/text.js';

const DAY_MS = 86_400_000;
/** One person has so many requests open in an organization, and makes so many a day. */
const MOST_OPEN = 5;
const MOST_A_DAY = 10;
/** One administrator gets at most so many of these mails an hour; the console has the rest. */
const MAILS_AN_HOUR = 20;
export const MAX_REASON_LENGTH = 500;

/** Where somebody stands. `waiting`: over at `until`. `refused`: not to be asked again before `until`. */
export type Standing =
  | { readonly is: 'not asked' }
  | { readonly is: 'waiting'; readonly since: Date; readonly until: Date }
  | { readonly is: 'refused'; readonly until: Date };

/** Who asks for which tool, and for what. */
export interface Asking {
  readonly userId: string;
  readonly person: string;
  readonly organization: { readonly id: string; readonly name: string };
  readonly client: Client;
  readonly redirectUri: string;
  readonly resource: string;
  readonly scopes: readonly string[];
}

/** People ask for tools that an organization decides about one by one; whoever governs it answers. */
@Injectable()
export class ToolAccess {
  private readonly mails?: RateLimiterAbstract;

  constructor(
    private readonly requests: AccessRequests,
    private readonly memberships: Memberships,
    private readonly users: Users,
    private readonly mailer: Mailer,
    private readonly config: Config,
    private readonly clock: Clock,
    store: RateLimitStore,
  ) {
    this.mails = makeLimiter(config, store, { keyPrefix: 'access-mail', points: MAILS_AN_HOUR, duration: 3_600 });
  }

  /** Where they stand with this tool. */
  async standing(userId: string, organizationId: string, { digest }: Client): Promise<Standing> {
    const request = await this.requests.ofPerson(userId, organizationId, digest);
    return request ? this.standingOf(request) : { is: 'not asked' };
  }

  /** Asks, and tells everybody who can answer. Undefined: nothing was asked, since it was before, or it is too much. */
  async ask(asking: Asking, reason: string): Promise<string | undefined> {
    const { userId, organization, client, redirectUri, resource, scopes } = asking;
    const at = this.clock.now();
    const request = {
      userId,
      organizationId: organization.id,
      clientId: client.clientId,
      digest: client.digest,
      identity: client.identity,
      clientName: client.metadata.client_name ?? null,
      redirectUri,
      resource,
      scopes: [...scopes],
      reason,
      askedAt: at,
    };
    const limits = { open: MOST_OPEN, aDay: MOST_A_DAY, dayAgo: dayBefore(at) };
    const id = await this.requests.ask(request, limits);
    if (id !== undefined) await this.tell(asking, id);
    return id;
  }

  /** Makes the rule, and tells who asked. */
  async approve(
    request: OpenRequest,
    organization: { readonly id: string; readonly name: string },
    { everybody, decision, version, by }: { everybody: boolean; decision: Decision; version: number; by: string },
  ): Promise<Answered> {
    const people = everybody ? 'everybody' : (`person:${request.userId}` as const);
    const change = { tool: ruledTool(request), people, becomes: decision } as const;
    const asked = { organizationId: organization.id, change, version, by };
    const answered = await this.requests.approve(request.id, asked, this.clock.now());
    if (answered === 'approved') await this.tellAnswer(request, organization, answered);
    return answered;
  }

  /** Whether this call refused it. */
  async refuse(
    request: OpenRequest,
    organization: { readonly id: string; readonly name: string },
    by: string,
  ): Promise<boolean> {
    const at = this.clock.now();
    const refused = await this.requests.refuse({ id: request.id, organizationId: organization.id, by }, at);
    if (refused) await this.tellAnswer(request, organization, 'refused');
    return refused;
  }

  private standingOf(request: AccessRequest): Standing {
    const { askedAt, answeredAt, answer } = request;
    const at = this.clock.now();
    const until = openUntil(request);
    if (!answeredAt && until > at) return { is: 'waiting', since: askedAt, until };
    if (answer === 'refused' && answeredAt && answeredAt > dayBefore(at))
      return { is: 'refused', until: new Date(answeredAt.getTime() + DAY_MS) };
    return { is: 'not asked' };
  }

  /** What they wrote is not in the mail: it is read where it is known who wrote it. */
  private async tell({ person, organization, client, redirectUri }: Asking, id: string): Promise<void> {
    const tool = toolName(client.metadata.client_name, redirectUri);
    const values = { person, tool, organization: organization.name };
    for (const { email, locale } of await this.memberships.governing(organization.id)) {
      if (await consume(this.mails, email)) continue;
      this.mailer.send({
        to: email,
        locale: localeOf(locale, undefined),
        subject: text('mail.access', values),
        lead: text('mail.access-lead', values),
        link: {
          label: text('mail.access-link'),
          href: `${this.config.origin}/console/organizations/${organization.id}/policy/requests/${id}`,
        },
        note: text('mail.access-note'),
      });
    }
  }

  private async tellAnswer(
    { userId, email, clientName, redirectUri }: OpenRequest,
    organization: { readonly name: string },
    answer: 'approved' | 'refused',
  ): Promise<void> {
    const values = { tool: toolName(clientName, redirectUri), organization: organization.name };
    this.mailer.send({
      to: email,
      locale: localeOf((await this.users.find(userId))?.locale, undefined),
      ...(answer === 'approved'
        ? {
            subject: text('mail.access-approved', values),
            lead: text('mail.access-approved-lead', values),
            note: text('mail.access-approved-note'),
          }
        : {
            subject: text('mail.access-refused', values),
            lead: text('mail.access-refused-lead', values),
            note: text('mail.access-refused-note'),
          }),
    });
  }
}

/** What a rule can name: a tool whose name is only its own word is one of all of those. */
export function ruledTool({ identity, clientId }: Pick<OpenRequest, 'identity' | 'clientId'>): string {
  return identity === 'self-asserted' ? SELF_ASSERTED : clientId;
}

const dayBefore = (at: Date): Date => new Date(at.getTime() - DAY_MS);
