import { Injectable } from '@nestjs/common';
import { normalizedEmail } from '../../accounts/email.js';
import { documentUrlFault } from '../../clients/documents/document-url.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import {
  ANY_TOOL,
  type Decision,
  type LivePolicy,
  type People,
  Policies,
  type PolicyChange,
  SELF_ASSERTED,
  type Verdict,
} from '../../database/repositories/policies.repository.js';
import { Memberships } from '../../database/repositories/memberships.repository.js';
import { ROLES } from '../../oauth/role.js';
import { OFFLINE_ACCESS, type Scope } from '../../oauth/scope.js';
import { Resources } from '../../resources/resources.service.js';
import { type Text, text } from '../../texts/text.js';
import { fieldOf } from '../field.js';

export const PEOPLE = ['everybody', ...ROLES] as const;
export const VERDICTS = ['allow', 'ask', 'deny'] as const;
/** So many rules an organization can have. */
const MOST = 200;

export type Fields = Readonly<Record<string, unknown>>;

/** Reads what somebody wants to decide about a tool. */
@Injectable()
export class PolicyForm {
  constructor(
    private readonly policies: Policies,
    private readonly memberships: Memberships,
    private readonly resources: Resources,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Every permission there is to limit, of this server and of those declared, each name once. */
  permissions(): Scope[] {
    const all = this.resources.all().flatMap(({ scopes }) => scopes.scopes);
    return all.filter(({ name }, index) => all.findIndex((one) => one.name === name) === index);
  }

  /** The change, or what is wrong with it. */
  async read(organizationId: string, policy: LivePolicy, fields: Fields): Promise<PolicyChange | Text> {
    if (fields['remove'] !== undefined) return this.removal(policy, fieldOf(fields['people']), fieldOf(fields['tool']));
    const people = await this.people(organizationId, fields);
    if (!people) return text('policy.choose-people');
    const tool = await this.tool(organizationId, fields);
    if (tool === undefined) return text('policy.choose-tool');
    const verdict = VERDICTS.find((one) => one === fields['verdict']);
    if (!verdict) return text('policy.choose-verdict');
    const decision = this.decision(verdict, fields);
    if ('key' in decision) return decision;
    const isNew = !policy.rules.some((one) => one.tool === tool && one.people === people);
    if (isNew && policy.rules.length >= MOST) return text('policy.too-many');
    return { tool, people, becomes: decision };
  }

  /** What is decided, of whatever tool and people; or what is wrong with it. */
  decision(verdict: Verdict, fields: Fields): Decision | Text {
    const ceiling = verdict === 'allow' ? this.ceiling([fields['scope']].flat()) : null;
    if (ceiling?.length === 0) return text('policy.choose-permission');
    const expiresAt = this.until(fieldOf(fields['until']));
    return expiresAt === undefined ? text('policy.choose-until') : { verdict, ceiling, expiresAt };
  }

  private removal({ rules }: LivePolicy, people: string, tool: string): PolicyChange | Text {
    const is = rules.find((one) => one.tool === tool && one.people === people);
    return is ? { tool, people: is.people, becomes: undefined } : text('policy.stale');
  }

  /** Those of a role, everybody, or one member by the address they log in with. */
  private async people(organizationId: string, fields: Fields): Promise<People | undefined> {
    const email = normalizedEmail(fieldOf(fields['person']));
    if (!email) return PEOPLE.find((one) => one === fields['people']);
    const userId = await this.memberships.memberOf(organizationId, email);
    return userId === undefined ? undefined : `person:${userId}`;
  }

  /**
   * One of those that are offered, or the address one publishes itself at. A name a tool gave itself is nothing to
   * decide by.
   */
  private async tool(organizationId: string, fields: Fields): Promise<string | undefined> {
    const address = fieldOf(fields['address']).trim();
    if (address) return documentUrlFault(address, this.config.cimdPrivateHosts) ? undefined : address;
    const chosen = fieldOf(fields['tool']);
    if (chosen === ANY_TOOL || chosen === SELF_ASSERTED) return chosen;
    const known = await this.policies.knownTools(organizationId, this.clock.now());
    return known.find(({ clientId }) => clientId === chosen)?.clientId;
  }

  /** With what each contains; null when nothing is left out. */
  private ceiling(ticked: readonly unknown[]): string[] | null {
    const all = this.permissions().map(({ name }) => name);
    const names = all.filter((name) => ticked.includes(name));
    if (names.length === all.length) return null;
    const contained = this.resources.all().flatMap(({ scopes }) => scopes.expand(names));
    return [...new Set(contained)].filter((name) => name !== OFFLINE_ACCESS);
  }

  /** To the end of that day; null when it is for good, undefined when it cannot be. */
  private until(day: string): Date | null | undefined {
    if (day === '') return null;
    const end = new Date(/^\d{4}-\d\d-\d\d$/.test(day) ? `${day}T23:59:59.999Z` : NaN);
    return end > this.clock.now() ? end : undefined;
  }
}
