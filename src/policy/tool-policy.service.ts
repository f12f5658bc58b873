import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import {
  Policies,
  type PolicyChange,
  type RuledApprovals,
  type RuledConnection,
} from '../database/repositories/policies.repository.js';
import { Revocations } from '../grants/revocations.service.js';
import { Resources } from '../resources/resources.service.js';

/** A connection that a change touches: what it could do before, and can after. */
export interface Touched {
  readonly connection: RuledConnection;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What a change of a policy would do to the connections that live now, and would have done to approvals of the last days. */
export interface Rehearsal {
  readonly ended: readonly RuledConnection[];
  readonly changed: readonly Touched[];
  readonly untouched: number;
  readonly approvals: readonly RuledApprovals[];
}

/** So many days of approvals are looked at. */
export const REHEARSED_DAYS = 7;

/** How an organization decides about tools: first it sees what a change would do, then it makes it. */
@Injectable()
export class ToolPolicy {
  constructor(
    private readonly policies: Policies,
    private readonly resources: Resources,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
  ) {}

  /** Undefined when the policy is no longer of this version. */
  async rehearse(organizationId: string, change: PolicyChange, version: number): Promise<Rehearsal | undefined> {
    const at = this.clock.now();
    const since = new Date(at.getTime() - REHEARSED_DAYS * 86_400_000);
    const effect = await this.policies.rehearse({ organizationId, change, version }, since, at);
    if (!effect) return undefined;
    const { before, after, ended, approvals } = effect;
    const gone = new Set(ended);
    const were = new Map(before.map((one) => [one.id, this.carried(one)]));
    const changed = after
      .map((connection) => ({
        connection,
        before: were.get(connection.id) ?? [],
        after: this.carried(connection),
      }))
      .filter((one) => one.before.join() !== one.after.join());
    return {
      ended: before.filter(({ id }) => gone.has(id)),
      changed,
      untouched: after.length - changed.length,
      approvals,
    };
  }

  /** How many connections ended; undefined when the policy is no longer of this version. */
  async save(asked: Parameters<Policies['save']>[0]): Promise<number | undefined> {
    const ended = await this.policies.save(asked, this.clock.now());
    this.revocations.addAll(ended ?? []);
    return ended?.length;
  }

  /** What its next access token carries. */
  private carried({ resource, scopes, role, ceiling }: RuledConnection): string[] {
    return this.resources.find(resource)?.scopes.allowed(scopes, role, ceiling) ?? [];
  }
}
