import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Policies, type PolicyChange } from '../database/repositories/policies.repository.js';
import {
  countOf,
  type Kind,
  type NamedConnection,
  type Place,
  Rehearsals,
  type Ruled,
  type RuledApprovals,
  type RuledKind,
} from '../database/repositories/rehearsals.repository.js';
import { Resources } from '../resources/resources.service.js';

/** A connection that a change touches: what it can after, none when it ends. */
export interface Touched extends NamedConnection {
  readonly after: readonly string[];
}

/** So many connections, and those that a page names: one more than it can when there are more. */
interface Part {
  readonly count: number;
  readonly named: readonly Touched[];
}

/**
 * What a change of a policy would do to the connections that live now, and would have done to approvals of the last
 * days.
 */
export interface Rehearsal {
  readonly ended: Part;
  readonly changed: Part;
  readonly untouched: number;
  readonly approvals: readonly RuledApprovals[];
}

/** Where the page before ended, and how many of each part a page names. */
export interface RehearsalPage {
  readonly ended?: Place | undefined;
  readonly changed?: Place | undefined;
  readonly size: number;
}

/** So many days of approvals are looked at. */
export const REHEARSED_DAYS = 7;

/** How an organization decides about tools: first it sees what a change would do, then it makes it. */
@Injectable()
export class ToolPolicy {
  constructor(
    private readonly policies: Policies,
    private readonly rehearsals: Rehearsals,
    private readonly resources: Resources,
    private readonly clock: Clock,
  ) {}

  /** Undefined when the policy is no longer of this version. */
  async rehearse(
    organizationId: string,
    change: PolicyChange,
    version: number,
    page: RehearsalPage,
  ): Promise<Rehearsal | undefined> {
    const at = this.clock.now();
    const asked = { organizationId, change, version };
    const since = new Date(at.getTime() - REHEARSED_DAYS * 86_400_000);
    const counted = await this.rehearsals.counted(asked, since, at);
    if (!counted) return undefined;
    const { kinds: all, approvals } = counted;
    const carried = new Map(all.map((kind) => [keyOf(kind), this.carried(kind, kind.after)]));
    const ends = all.filter(({ after }) => !isAllowed(after));
    const stays = all.filter(({ after }) => isAllowed(after));
    const changes = stays.filter((kind) => this.carried(kind, kind.before).join() !== carried.get(keyOf(kind))?.join());
    const part = async (of: readonly RuledKind[], after: Place | undefined): Promise<Part> => {
      const named = await this.rehearsals.named(asked, of, countOf(all), after, page.size + 1, at);
      return { count: countOf(of), named: named.map((one) => ({ ...one, after: carried.get(keyOf(one)) ?? [] })) };
    };
    const [ended, changed] = await Promise.all([part(ends, page.ended), part(changes, page.changed)]);
    return { ended, changed, untouched: countOf(stays) - countOf(changes), approvals };
  }

  /** How many connections ended; undefined when the policy is no longer of this version. */
  async save(asked: Parameters<Policies['save']>[0]): Promise<number | undefined> {
    return this.policies.save(asked, this.clock.now());
  }

  /** What its next access token carries under this rule. */
  private carried({ resource, scopes, role }: RuledKind, rule: Ruled): string[] {
    if (!isAllowed(rule)) return [];
    return this.resources.find(resource)?.scopes.allowed(scopes, role, rule.ceiling) ?? [];
  }
}

const keyOf = ({ identity, tool, role, person, resource, scopes }: Kind) =>
  JSON.stringify([identity, tool, role, person, resource, scopes]);
const isAllowed = ({ verdict }: Ruled) => (verdict ?? 'allow') === 'allow';
