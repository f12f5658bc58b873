import type { EntityManager } from 'typeorm';
import { actedFrom } from '../../config/acting-from.js';
import { Membership } from '../entities/membership.entity.js';
import { Organization } from '../entities/organization.entity.js';
import { PolicyRule } from '../entities/policy-rule.entity.js';
import type { People, SinglePerson, Verdict } from '../entities/verdict.js';
import { noteEnded } from '../endings.js';
import { takeTime } from '../silence.js';
import { addAuditEvent } from './audit-events.repository.js';
import { auditGrants, endingDetail } from './audit.sql.js';
import { isValid } from './grants.sql.js';
import { ALLOWED, ruling } from './policy.sql.js';

/** What a rule says. */
export interface Decision {
  readonly verdict: Verdict;
  readonly ceiling: readonly string[] | null;
  readonly expiresAt: Date | null;
}

/** Which rule, and what it says from now on; undefined: there is none. */
export interface PolicyChange {
  readonly tool: string;
  readonly people: People;
  readonly becomes: Decision | undefined;
}

/** A change of one version of a policy, and who makes it. */
export interface AskedChange {
  readonly organizationId: string;
  readonly change: PolicyChange;
  readonly version: number;
  readonly by: string | null;
}

/** Grants `g` of an organization, with the rule `p` that counts for each at `$2`. */
const RULED = `grants g JOIN clients c ON c.id = g.client_id
      JOIN memberships m ON m.user_id = g.user_id AND m.organization_id = g.organization_id
      LEFT JOIN LATERAL (${ruling({ at: '$2' })}) p ON true`;
/** The valid ones of the organization `$1`. */
export const VALID = `g.organization_id = $1 AND ${isValid('g', '$2')}`;

/** Again that none is revoked: what ended while this waited for its row has ended for another reason. */
const END_WHAT_IS_NOT_ALLOWED = `WITH revoked AS (
      UPDATE grants SET revoked_at = $2, revoked_because = 'denied_by_policy'
       WHERE id IN (SELECT g.id FROM ${RULED} WHERE ${VALID} AND NOT (${ALLOWED})) AND revoked_at IS NULL
      RETURNING id, user_id, organization_id
    ), audited AS (${auditGrants('revoked', { at: '$2', action: `'grant.revoked'`, address: '$4', detail: endingDetail(`'denied_by_policy'`, '$3') })})
    SELECT id FROM revoked`;

/**
 * How many connections ended; undefined when the policy is no longer of this version, or is to be for somebody who is
 * not there. First the organization: approvals under way hold its row and are over when this goes on; those to come
 * wait, and see the rule.
 */
export async function changePolicy(
  manager: EntityManager,
  { organizationId, change: { tool, people, becomes }, version, by }: AskedChange,
  at: Date,
): Promise<number | undefined> {
  const current = { id: organizationId, policyVersion: version };
  const lock = { mode: 'for_no_key_update' } as const;
  if (!(await manager.findOne(Organization, { where: current, lock }))) return undefined;
  const personId = personOf(people) ?? null;
  if (becomes && personId !== null && !(await isMember(manager, organizationId, personId))) return undefined;
  const key = { organizationId, tool, people };
  const before = await manager.findOneBy(PolicyRule, key);
  await manager.delete(PolicyRule, key);
  if (becomes)
    await manager.insert(PolicyRule, {
      ...key,
      ...becomes,
      ceiling: becomes.ceiling && [...becomes.ceiling],
      personId,
    });
  const policyBefore = { tool, people, rule: kept(before) };
  await manager.update(Organization, current, { policyVersion: version + 1, policyBefore });
  const detail = { tool, people, before: inWords(before), after: inWords(becomes) };
  await addAuditEvent(manager, { at, action: 'policy.changed', userId: by, organizationId, detail });
  await takeTime(manager);
  const rows = await manager.query<{ id: string }[]>(END_WHAT_IS_NOT_ALLOWED, [organizationId, at, by, actedFrom()]);
  noteEnded(manager, rows);
  return rows.length;
}

/** Whom a rule for a single person is for. */
export function personOf(people: People): string | undefined {
  return isSingle(people) ? people.slice('person:'.length) : undefined;
}

const isSingle = (people: People): people is SinglePerson => people.startsWith('person:');

/** Their place is held: a removal that came first is over, and one that comes later finds the rule. */
async function isMember(manager: EntityManager, organizationId: string, userId: string): Promise<boolean> {
  const place = { where: { organizationId, userId }, lock: { mode: 'for_key_share' } } as const;
  return (await manager.findOne(Membership, place)) !== null;
}

function kept(rule: PolicyRule | null): NonNullable<Organization['policyBefore']>['rule'] {
  return rule && { verdict: rule.verdict, ceiling: rule.ceiling, expiresAt: rule.expiresAt?.toISOString() ?? null };
}

/** For the log. */
function inWords(rule: Decision | null | undefined): string {
  if (!rule) return 'none';
  const { verdict, ceiling, expiresAt } = rule;
  return [verdict, ceiling && `at most ${ceiling.join(' ')}`, expiresAt && `until ${expiresAt.toISOString()}`]
    .filter(Boolean)
    .join(', ');
}
