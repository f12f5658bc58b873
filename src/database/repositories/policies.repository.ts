import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ClientIdentity, ClientMetadata } from '../../oauth/client-metadata.js';
import type { Role } from '../../oauth/role.js';
import { Organization } from '../entities/organization.entity.js';
import { type People, PolicyRule, type Verdict } from '../entities/policy-rule.entity.js';
import { type Statement, Statements } from '../statements.js';
import { addAuditEvent } from './audit-events.repository.js';
import { auditGrants } from './audit.sql.js';
import { NOT_DENIED, ruling } from './policy.sql.js';

export { ANY_TOOL, type People, SELF_ASSERTED, type Verdict } from '../entities/policy-rule.entity.js';

/** What an organization lets a tool do for somebody. */
export interface Ruling {
  readonly denied: boolean;
  /** Scopes at most; null: no limit. */
  readonly ceiling: readonly string[] | null;
}

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

export interface NamedRule extends Decision {
  readonly tool: string;
  readonly people: People;
  /** What the tool calls itself, when it is one that is known. */
  readonly name: string | null;
}

export interface LivePolicy {
  readonly version: number;
  readonly rules: readonly NamedRule[];
}

/** A live connection under a policy. */
export interface RuledConnection extends Ruling {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly metadata: ClientMetadata;
}

/** What a change does: the connections before, the same after, and which ended. */
export interface Effect {
  readonly before: readonly RuledConnection[];
  readonly after: readonly RuledConnection[];
  readonly ended: readonly string[];
}

const RULING: Statement = {
  name: 'policy_ruling',
  text: `SELECT p.verdict, p.ceiling FROM memberships m
      JOIN LATERAL (${ruling({ organizationId: 'm.organization_id', clientId: '$3', identity: '$4', role: 'm.role', at: '$5' })}) p ON true
     WHERE m.user_id = $1 AND m.organization_id = $2`,
};

const RULED = `grants g JOIN clients c ON c.id = g.client_id
      JOIN memberships m ON m.user_id = g.user_id AND m.organization_id = g.organization_id
      LEFT JOIN LATERAL (${ruling({ organizationId: 'm.organization_id', clientId: 'c.client_id', identity: 'c.identity', role: 'm.role', at: '$2' })}) p ON true`;
const LIVE = 'g.organization_id = $1 AND g.revoked_at IS NULL AND g.expires_at > $2';

const CONNECTIONS = `SELECT g.id, u.email, m.role, g.resource, g.scopes, g.redirect_uri, c.metadata, p.verdict, p.ceiling
      FROM ${RULED} JOIN users u ON u.id = g.user_id WHERE ${LIVE} ORDER BY u.email, g.created_at, g.id`;

const END_DENIED = `WITH revoked AS (
      UPDATE grants SET revoked_at = $2, revoked_because = 'denied_by_policy'
       WHERE id IN (SELECT g.id FROM ${RULED} WHERE ${LIVE} AND NOT (${NOT_DENIED})) AND revoked_at IS NULL
      RETURNING id, user_id, organization_id
    ), audited AS (${auditGrants('revoked', '$2', `'grant.revoked'`, `jsonb_build_object('because', 'denied_by_policy', 'by', $3::text)`)})
    SELECT id FROM revoked`;

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
    const { policyVersion } = await this.dataSource.manager.findOneByOrFail(Organization, { id: organizationId });
    const rows = await this.dataSource.query<
      {
        tool: string;
        people: People;
        verdict: Verdict;
        ceiling: string[] | null;
        expires_at: Date | null;
        name: string;
      }[]
    >(
      `SELECT r.tool, r.people, r.verdict, r.ceiling, r.expires_at, c.metadata->>'client_name' AS name
         FROM policy_rules r LEFT JOIN clients c ON c.digest = sha256(convert_to(r.tool, 'UTF8'))
        WHERE r.organization_id = $1 ORDER BY r.tool, r.people`,
      [organizationId],
    );
    return { version: policyVersion, rules: rows.map(({ expires_at, ...row }) => ({ ...row, expiresAt: expires_at })) };
  }

  /** Tools one can decide about by themselves: those registered here, and those that publish themselves and work there. */
  async knownTools(organizationId: string, at: Date): Promise<{ clientId: string; name: string | null }[]> {
    const rows = await this.dataSource.query<{ client_id: string; name: string | null }[]>(
      `SELECT c.client_id, c.metadata->>'client_name' AS name FROM clients c
        WHERE c.identity = 'registered' OR c.identity = 'verified-domain' AND EXISTS (SELECT 1 FROM grants g
              WHERE g.client_id = c.id AND g.organization_id = $1 AND g.revoked_at IS NULL AND g.expires_at > $2)
        ORDER BY 2, 1 LIMIT 500`,
      [organizationId, at],
    );
    return rows.map(({ client_id, name }) => ({ clientId: client_id, name }));
  }

  /** Makes the change, sees what it did, and takes it back: what is foretold is what would happen. */
  async rehearse(organizationId: string, change: PolicyChange, version: number, at: Date): Promise<Effect | undefined> {
    const runner = this.dataSource.createQueryRunner();
    await runner.connect();
    try {
      await runner.startTransaction();
      try {
        const before = await connections(runner.manager, organizationId, at);
        const ended = await apply(runner.manager, { organizationId, change, version, by: null }, at);
        return ended && { before, ended, after: await connections(runner.manager, organizationId, at) };
      } finally {
        await runner.rollbackTransaction();
      }
    } finally {
      await runner.release();
    }
  }

  /** The connections that ended; undefined when the policy is no longer of this version. */
  async save(
    asked: { organizationId: string; change: PolicyChange; version: number; by: string },
    at: Date,
  ): Promise<string[] | undefined> {
    return this.dataSource.transaction((manager) => apply(manager, asked, at));
  }
}

/** First the organization: approvals under way hold its row and are over when this goes on; those to come wait, and see the rule. */
async function apply(
  manager: EntityManager,
  {
    organizationId,
    change: { tool, people, becomes },
    version,
    by,
  }: { organizationId: string; change: PolicyChange; version: number; by: string | null },
  at: Date,
): Promise<string[] | undefined> {
  const { affected } = await manager.update(
    Organization,
    { id: organizationId, policyVersion: version },
    { policyVersion: version + 1 },
  );
  if (affected !== 1) return undefined;
  const key = { organizationId, tool, people };
  const before = await manager.findOneBy(PolicyRule, key);
  await manager.delete(PolicyRule, key);
  if (becomes)
    await manager.insert(PolicyRule, { ...key, ...becomes, ceiling: becomes.ceiling && [...becomes.ceiling] });
  const detail = { tool, people, before: inWords(before), after: inWords(becomes) };
  await addAuditEvent(manager, { at, action: 'policy.changed', userId: by, organizationId, detail });
  const rows = await manager.query<{ id: string }[]>(END_DENIED, [organizationId, at, by]);
  return rows.map(({ id }) => id);
}

async function connections(manager: EntityManager, organizationId: string, at: Date): Promise<RuledConnection[]> {
  const rows = await manager.query<
    (RulingRow & {
      id: string;
      email: string;
      role: Role;
      resource: string;
      scopes: string[];
      redirect_uri: string;
      metadata: ClientMetadata;
    })[]
  >(CONNECTIONS, [organizationId, at]);
  return rows.map(({ id, email, role, resource, scopes, redirect_uri, metadata, ...row }) => ({
    id,
    email,
    role,
    resource,
    scopes,
    metadata,
    redirectUri: redirect_uri,
    ...rulingOf(row),
  }));
}

interface RulingRow {
  verdict: Verdict | null;
  ceiling: string[] | null;
}

const rulingOf = (row: RulingRow | undefined): Ruling => ({
  denied: row?.verdict === 'deny',
  ceiling: row?.ceiling ?? null,
});

/** For the log. */
function inWords(rule: Decision | null | undefined): string {
  if (!rule) return 'none';
  const { verdict, ceiling, expiresAt } = rule;
  return [verdict, ceiling && `at most ${ceiling.join(' ')}`, expiresAt && `until ${expiresAt.toISOString()}`]
    .filter(Boolean)
    .join(', ');
}
