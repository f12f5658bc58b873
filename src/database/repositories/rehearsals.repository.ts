import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientIdentity, ClientMetadata } from '../../oauth/client-metadata.js';
import type { Role } from '../../oauth/role.js';
import type { Verdict } from '../entities/verdict.js';
import { takingTime } from '../silence.js';
import { type AskedChange, personOf, VALID } from './policy-change.js';
import { ALLOWED, ruling } from './policy.sql.js';

/** What an organization lets a tool do for somebody. No verdict: nothing was decided, and the tool may. */
export interface Ruled {
  readonly verdict: Verdict | null;
  /** Scopes at most; null: no limit. */
  readonly ceiling: readonly string[] | null;
}

/** What no rule can tell apart: it means the same for every connection of a kind. */
export interface Kind {
  readonly identity: ClientIdentity;
  /** Its `client_id`, when a rule names it. */
  readonly tool: string | null;
  readonly role: Role;
  /** When a rule is for this person alone. */
  readonly person: string | null;
  readonly resource: string;
  readonly scopes: readonly string[];
}

/** So many live connections of one kind, and the rule that counts for each before a change and after it. */
export interface RuledKind extends Kind {
  readonly count: number;
  readonly before: Ruled;
  readonly after: Ruled;
}

/** Where a page ended. */
export interface Place {
  readonly email: string;
  readonly id: string;
}

/** One by name. */
export interface NamedConnection extends Place, Kind {
  readonly redirectUri: string;
  readonly metadata: ClientMetadata;
}

/** Approvals of one tool, and how many of them a policy would have let pass, asked about, denied. */
export interface RuledApprovals {
  readonly identity: ClientIdentity;
  readonly name: string | null;
  readonly redirectUri: string;
  readonly allowed: number;
  readonly asked: number;
  readonly denied: number;
}

interface Counted {
  readonly kinds: readonly RuledKind[];
  readonly approvals: readonly RuledApprovals[];
}

type RehearsedChange = Omit<AskedChange, 'by'>;

/** So many tools are told of by their approvals: those with the most. */
const TOOLS = 50;

/*
 * Nothing is written: the rules after a change are those of now without the one it is about, and with what that
 * becomes. `$1` is the organization, `$2` now; `$3` and `$4` are the tool and the person the change is about.
 */

/** The client `c` of something, and the tool `t` when a rule names it. */
const byWhat = (clientId: string) => `JOIN clients c ON c.id = ${clientId}
      LEFT JOIN (SELECT id, client_id FROM clients WHERE digest IN (
            SELECT sha256(convert_to(tool, 'UTF8')) FROM policy_rules WHERE organization_id = $1
             UNION SELECT sha256(convert_to($3::text, 'UTF8')))) t ON t.id = ${clientId}`;
/** The place `m` of a grant's person, and the person `s` when a rule is for them alone. */
const BY_WHOM = `JOIN memberships m ON m.user_id = g.user_id AND m.organization_id = g.organization_id
      LEFT JOIN (SELECT person_id FROM policy_rules WHERE organization_id = $1 AND person_id IS NOT NULL
                  UNION SELECT $4::uuid) s ON s.person_id = g.user_id`;
/** Grants `g`, with what rules tell them apart by. */
const TOLD_APART = `grants g ${byWhat('g.client_id')} ${BY_WHOM}`;
const KIND = 'c.identity, t.client_id AS tool, m.role, s.person_id AS person';
const KIND_OF_RESOURCE = `${KIND}, g.resource, g.scopes`;

/** `$5`: whom it is for; `$6`, `$7`, `$8`: what it becomes. */
const RULES_AFTER = `rules_after AS (
      SELECT organization_id, tool, people, verdict, ceiling, expires_at FROM policy_rules
       WHERE organization_id = $1 AND (tool, people) <> ($3::text, $5::text)
       UNION ALL SELECT $1::uuid, $3::text, $5::text, $6::text, $7::text[], $8::timestamptz WHERE $6::text IS NOT NULL)`;

/** The rule `as` that counts for a kind `k`. */
const ruled = (as: string, rules: string) =>
  `LEFT JOIN LATERAL (${ruling({ organizationId: '$1', clientId: 'k.tool', identity: 'k.identity', person: 'k.person', role: 'k.role', at: '$2', rules })}) ${as} ON true`;

const APPROVED = 'g.organization_id = $1 AND g.created_at > $9 AND g.created_at <= $2';
/**
 * What lives, and what was approved since `$9`, looked at once, and counted by client before anything is known of it:
 * there are far fewer clients than connections.
 */
const BY_CLIENT = `by_client AS MATERIALIZED (
      SELECT g.client_id, m.role, s.person_id AS person, g.resource, g.scopes,
             count(*) FILTER (WHERE ${VALID}) AS live, count(*) FILTER (WHERE ${APPROVED}) AS approved,
             min(g.redirect_uri) FILTER (WHERE ${APPROVED}) AS redirect_uri
        FROM grants g ${BY_WHOM} WHERE ${VALID} OR ${APPROVED} GROUP BY 1, 2, 3, 4, 5)`;

const KINDS = `k AS MATERIALIZED (
      SELECT c.identity, t.client_id AS tool, b.role, b.person, b.resource, b.scopes, sum(b.live)::integer AS count
        FROM by_client b ${byWhat('b.client_id')} WHERE b.live > 0 GROUP BY 1, 2, 3, 4, 5, 6),
    kinds AS (
      SELECT k.*, jsonb_build_object('verdict', b.verdict, 'ceiling', b.ceiling) AS before,
             jsonb_build_object('verdict', p.verdict, 'ceiling', p.ceiling) AS after
        FROM k ${ruled('b', 'policy_rules')} ${ruled('p', 'rules_after')})`;

/** A tool that registers again and again by the same name is one tool. */
const APPROVALS = `a AS MATERIALIZED (
      SELECT c.identity, t.client_id AS tool, b.role, b.person, c.metadata->>'client_name' AS name,
             min(b.redirect_uri) AS redirect_uri, sum(b.approved) AS count,
             CASE WHEN c.identity = 'self-asserted' AND c.metadata ? 'client_name' THEN NULL ELSE c.id END AS one
        FROM by_client b ${byWhat('b.client_id')} WHERE b.approved > 0 GROUP BY 1, 2, 3, 4, 5, one),
    approvals AS (
      SELECT k.identity, k.name, min(k.redirect_uri) AS "redirectUri",
             coalesce(sum(k.count) FILTER (WHERE ${ALLOWED}), 0)::integer AS allowed,
             coalesce(sum(k.count) FILTER (WHERE p.verdict = 'ask'), 0)::integer AS asked,
             coalesce(sum(k.count) FILTER (WHERE p.verdict = 'deny'), 0)::integer AS denied
        FROM a k ${ruled('p', 'rules_after')}
       GROUP BY k.identity, k.name, k.one ORDER BY sum(k.count) DESC, k.name LIMIT ${TOOLS})`;

const REHEARSED = `WITH ${RULES_AFTER}, ${BY_CLIENT}, ${KINDS}, ${APPROVALS}
    SELECT (SELECT coalesce(jsonb_agg(kinds), '[]') FROM kinds) AS kinds,
           (SELECT coalesce(jsonb_agg(approvals), '[]') FROM approvals) AS approvals`;

/**
 * `IS TRUE`: the kinds are looked up, one connection after the other; what the planner makes of a join with them
 * expects few.
 */
const OF_KINDS = `((c.identity, coalesce(t.client_id, ''), m.role, coalesce(s.person_id::text, ''), g.resource, g.scopes) IN (
             SELECT k.identity, coalesce(k.tool, ''), k.role, coalesce(k.person, ''), k.resource, k.scopes
               FROM jsonb_to_recordset($5) AS k(identity text, tool text, role text, person text, resource text, scopes text[]))) IS TRUE`;
const NAME = `g.id, u.email, g.redirect_uri AS "redirectUri", c.metadata, ${KIND_OF_RESOURCE}`;
const AFTER = `($6::text IS NULL OR (u.email COLLATE "C", g.id) > ($6::text COLLATE "C", $7::uuid))`;

/** Those of the kinds `$5`, by address as its bytes are, and by id, after the place `$6`, `$7`: all are looked at. */
const NAMED = `SELECT ${NAME} FROM ${TOLD_APART} JOIN users u ON u.id = g.user_id
     WHERE ${VALID} AND ${AFTER} AND ${OF_KINDS} ORDER BY u.email COLLATE "C", g.id LIMIT $8`;

/** The same: one member after the other is looked at, until there are enough. */
const NAMED_BY_MEMBER = `SELECT n.* FROM (
      SELECT u.id, u.email, u.email COLLATE "C" AS address FROM memberships o JOIN users u ON u.id = o.user_id
       WHERE o.organization_id = $1 AND ($6::text IS NULL OR u.email COLLATE "C" >= $6::text COLLATE "C") ORDER BY address) u
     CROSS JOIN LATERAL (
      SELECT ${NAME} FROM ${TOLD_APART}
       WHERE g.user_id = u.id AND ${VALID} AND ${AFTER} AND ${OF_KINDS} ORDER BY g.id LIMIT $8) n
     ORDER BY u.address, n.id LIMIT $8`;
/** From this share of all on, enough are found soon. */
const MANY = 0.1;

/** What a change of a policy would do. The rules are the very ones that decide when it is made. */
@Injectable()
export class Rehearsals {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Every live connection, by kind, and what the change would have done to approvals since then. Undefined: the policy
   * is no longer of this version, or the change is for somebody who is not there.
   */
  async counted(asked: RehearsedChange, since: Date, at: Date): Promise<Counted | undefined> {
    const { organizationId, change, version } = asked;
    const person = change.becomes ? aboutOf(change).person : null;
    const standing = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM organizations o WHERE o.id = $1 AND o.policy_version = $2
          AND ($3::uuid IS NULL OR EXISTS (SELECT 1 FROM memberships m WHERE m.organization_id = o.id AND m.user_id = $3))`,
      [organizationId, version, person],
    );
    if (standing.length === 0) return undefined;
    const values = [...valuesOf(asked, at), since];
    const [counted] = await takingTime(this.dataSource, (manager) => manager.query<Counted[]>(REHEARSED, values));
    return counted;
  }

  /** Those of these kinds, by name, after a place; `all`: how many connections there are of every kind. */
  async named(
    { organizationId, change }: RehearsedChange,
    kinds: readonly RuledKind[],
    all: number,
    after: Place | undefined,
    limit: number,
    at: Date,
  ): Promise<NamedConnection[]> {
    if (kinds.length === 0) return [];
    const { tool, person } = aboutOf(change);
    const place = [after?.email ?? null, after?.id ?? null];
    const statement = countOf(kinds) >= all * MANY ? NAMED_BY_MEMBER : NAMED;
    const values = [organizationId, at, tool, person, JSON.stringify(kinds), ...place, limit];
    return takingTime(this.dataSource, (manager) => manager.query(statement, values));
  }
}

/** How many connections there are of these kinds. */
export const countOf = (kinds: readonly RuledKind[]): number => kinds.reduce((sum, { count }) => sum + count, 0);

const aboutOf = ({ tool, people }: AskedChange['change']) => ({ tool, person: personOf(people) ?? null });

function valuesOf({ organizationId, change }: RehearsedChange, at: Date): unknown[] {
  const { tool, person } = aboutOf(change);
  const { people, becomes } = change;
  const rule = [becomes?.verdict ?? null, becomes?.ceiling ?? null, becomes?.expiresAt ?? null];
  return [organizationId, at, tool, person, people, ...rule];
}
