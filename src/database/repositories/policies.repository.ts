import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientIdentity } from '../../oauth/client-metadata.js';
import { Organization } from '../entities/organization.entity.js';
import type { People, Verdict } from '../entities/verdict.js';
import { type Statement, Statements } from '../statements.js';
import { isValid } from './grants.sql.js';
import { type AskedChange, changePolicy, type Decision, type PolicyChange } from './policy-change.js';
import { ruling } from './policy.sql.js';

export { ANY_TOOL, SELF_ASSERTED } from '../entities/policy-rule.entity.js';
export type { People, Verdict } from '../entities/verdict.js';
export { type Decision, personOf, type PolicyChange } from './policy-change.js';

/** What an organization lets a tool do for somebody. */
export interface Ruling {
  readonly verdict: Verdict;
  /** Scopes at most; null: no limit. */
  readonly ceiling: readonly string[] | null;
}

export interface NamedRule extends Decision {
  readonly tool: string;
  readonly people: People;
  /** What the tool calls itself, when it is one that is known. */
  readonly name: string | null;
  /** Of the single person it is for. */
  readonly email: string | null;
}

export interface LivePolicy {
  readonly version: number;
  readonly rules: readonly NamedRule[];
  /** What brings back what was before the last change. */
  readonly undo: PolicyChange | undefined;
}

const RULING: Statement = {
  name: 'policy_ruling',
  text: `SELECT p.verdict, p.ceiling FROM memberships m
      JOIN LATERAL (${ruling({ clientId: '$3', identity: '$4', at: '$5' })}) p ON true
     WHERE m.user_id = $1 AND m.organization_id = $2`,
};

/** What organizations decided about tools. */
@Injectable()
export class Policies {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  async rulingOf(
    { userId, organizationId }: { userId: string; organizationId: string },
    { clientId, identity }: { clientId: string; identity: ClientIdentity },
    at: Date,
  ): Promise<Ruling> {
    const values = [userId, organizationId, clientId, identity, at];
    return rulingOf((await this.statements.run<RulingRow>(RULING, values))[0]);
  }

  /** Every rule, those that are over too: the most general first. */
  async read(organizationId: string): Promise<LivePolicy> {
    const { policyVersion, policyBefore } = await this.dataSource.manager.findOneByOrFail(Organization, {
      id: organizationId,
    });
    const rules = await this.dataSource.query<NamedRule[]>(
      `SELECT r.tool, r.people, r.verdict, r.ceiling, r.expires_at AS "expiresAt", c.metadata->>'client_name' AS name, u.email
         FROM policy_rules r LEFT JOIN clients c ON c.digest = sha256(convert_to(r.tool, 'UTF8'))
         LEFT JOIN users u ON u.id = r.person_id
        WHERE r.organization_id = $1 ORDER BY r.tool, u.email NULLS FIRST, r.people`,
      [organizationId],
    );
    return { version: policyVersion, rules, undo: policyBefore ? undoing(policyBefore) : undefined };
  }

  /**
   * Tools one can decide about by themselves: those registered here, and those that publish themselves and work there.
   */
  async knownTools(organizationId: string, at: Date): Promise<{ clientId: string; name: string | null }[]> {
    return this.dataSource.query(
      `SELECT c.client_id AS "clientId", c.metadata->>'client_name' AS name FROM clients c
        WHERE c.identity = 'registered' OR c.identity = 'verified-domain' AND EXISTS (SELECT 1 FROM grants g
              WHERE g.client_id = c.id AND g.organization_id = $1 AND ${isValid('g', '$2')})
        ORDER BY 2, 1 LIMIT 500`,
      [organizationId, at],
    );
  }

  /** How many connections ended; undefined when the policy is no longer of this version. */
  async save(asked: AskedChange, at: Date): Promise<number | undefined> {
    return this.dataSource.transaction((manager) => changePolicy(manager, asked, at));
  }
}

interface RulingRow {
  verdict: Verdict | null;
  ceiling: string[] | null;
}

const rulingOf = (row: RulingRow | undefined): Ruling => ({
  verdict: row?.verdict ?? 'allow',
  ceiling: row?.ceiling ?? null,
});

function undoing({ tool, people, rule }: NonNullable<Organization['policyBefore']>): PolicyChange {
  const becomes = rule && { ...rule, expiresAt: rule.expiresAt === null ? null : new Date(rule.expiresAt) };
  return { tool, people, becomes: becomes ?? undefined };
}
