import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AttemptStep, Ring } from '../entities/attempt-step.entity.js';
import { Statements } from '../statements.js';

/** A step as it is handed in, before it has a place in its ring. */
export type NewStep = Omit<AttemptStep, 'ring' | 'slot' | 'position'>;

/** A step as it is read, with the names of those it is about. */
export interface RecordedStep extends NewStep {
  readonly position: string;
  /** Address of the person; null when nobody is known, or the account is gone. */
  readonly person: string | null;
  readonly organization: string | null;
}

export type Outcome = 'connected' | 'failed' | 'unfinished';

/** An attempt in a list. */
export interface AttemptSummary {
  readonly attempt: string;
  readonly began: Date;
  readonly outcome: Outcome;
  /** The last rule that was broken. */
  readonly rule: string | null;
  readonly supportCode: string | null;
  readonly kind: AttemptStep['kind'];
  readonly clientId: string | null;
  readonly clientName: string | null;
  readonly person: string | null;
  readonly organization: string | null;
}

/** What a list of attempts is narrowed to; everything absent narrows nothing. */
export interface AttemptFilter {
  readonly supportCode?: string;
  /** Its whole id, or part of its name. */
  readonly client?: string;
  /** Part of an address. */
  readonly person?: string;
  readonly outcome?: Outcome;
  readonly since: Date;
  readonly until?: Date;
  /** Attempts of this person. */
  readonly userId?: string;
  /** Attempts that chose this organization, and nothing of them that belongs to another. */
  readonly organizationId?: string;
  readonly before?: { readonly began: Date; readonly attempt: string };
}

/** What loose steps can have in common with an attempt. */
export interface Traces {
  readonly clientIds: readonly string[];
  readonly browsers: readonly Buffer[];
  readonly sources: readonly { readonly address: string; readonly userAgent: string }[];
}

/** An attempt of a client, and who made it. */
export interface ClientUse {
  readonly attempt: string;
  readonly began: Date;
  readonly userIds: readonly string[];
}

const COLUMNS = `s.position, s.at, s.attempt, s.loose, s.kind, s.failed, s.rule, s.compared, s.sent,
  s.support_code AS "supportCode", s.client_id AS "clientId", s.client_name AS "clientName", s.user_id AS "userId",
  s.organization_id AS "organizationId", s.grant_id AS "grantId", s.browser, s.address, s.user_agent AS "userAgent",
  u.email AS person, o.name AS organization`;
const STEPS =
  'attempt_steps s LEFT JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL LEFT JOIN organizations o ON o.id = s.organization_id';

/**
 * Steps take the next slots of their ring, over whatever was there. What a grant knows is asked of it: the request it
 * was made from, its person, organization and client. A connection's first call is a step only while it is new.
 */
const WRITE = {
  name: 'attempt_steps_write',
  text: `WITH advanced AS (
      UPDATE attempt_rings SET next = next + $2::integer WHERE ring = $1 RETURNING next - $2::integer AS first
    )
    INSERT INTO attempt_steps (ring, slot, position, at, attempt, loose, kind, failed, rule, compared, sent, support_code,
                               client_id, client_name, user_id, organization_id, grant_id, browser, address, user_agent)
    SELECT $1, (a.first + s.n) % $3::integer, a.first + s.n, s.at, COALESCE(g.request_id, s.attempt),
           s.loose AND g.id IS NULL, s.kind, s.failed, s.rule, s.compared, s.sent, s."supportCode",
           COALESCE(s."clientId", c.client_id), COALESCE(s."clientName", c.metadata->>'client_name'),
           COALESCE(g.user_id, s."userId"), COALESCE(g.organization_id, s."organizationId"), s."grantId",
           decode(s.browser, 'hex'), s.address, s."userAgent"
      FROM advanced a,
           jsonb_to_recordset($4::jsonb) AS s (n integer, at timestamptz, attempt uuid, loose boolean, kind text,
             failed boolean, rule text, compared jsonb, sent jsonb, "supportCode" text, "clientId" text,
             "clientName" text, "userId" uuid, "organizationId" uuid, "grantId" uuid, browser text, address text,
             "userAgent" text)
      LEFT JOIN grants g ON g.id = s."grantId" LEFT JOIN clients c ON c.id = g.client_id
     WHERE s.failed OR s.kind <> 'call' OR g.created_at > s.at - interval '1 day'
    ON CONFLICT (ring, slot) DO UPDATE SET position = excluded.position, at = excluded.at, attempt = excluded.attempt,
      loose = excluded.loose, kind = excluded.kind, failed = excluded.failed, rule = excluded.rule,
      compared = excluded.compared, sent = excluded.sent, support_code = excluded.support_code,
      client_id = excluded.client_id, client_name = excluded.client_name, user_id = excluded.user_id,
      organization_id = excluded.organization_id, grant_id = excluded.grant_id, browser = excluded.browser,
      address = excluded.address, user_agent = excluded.user_agent`,
};

const LAST = 'ORDER BY s.at DESC, s.position DESC';

/** The flight recorder's rings. */
@Injectable()
export class AttemptSteps {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /** At most `size` steps, in one statement. */
  async write(ring: Ring, size: number, steps: readonly NewStep[]): Promise<void> {
    const rows = steps.map((step, n) => ({ ...step, n, browser: step.browser?.toString('hex') ?? null }));
    await this.statements.run(WRITE, [ring, steps.length, size, JSON.stringify(rows)]);
  }

  /** The step that carries a support code. */
  async byCode(supportCode: string, since: Date): Promise<RecordedStep | undefined> {
    const [step] = await this.dataSource.query<RecordedStep[]>(
      `SELECT ${COLUMNS} FROM ${STEPS} WHERE s.support_code = $1 AND s.at > $2 ${LAST} LIMIT 1`,
      [supportCode, since],
    );
    return step;
  }

  /** The steps of an attempt, in order. */
  async ofAttempt(attempt: string, since: Date): Promise<RecordedStep[]> {
    return this.dataSource.query<RecordedStep[]>(
      `SELECT ${COLUMNS} FROM ${STEPS} WHERE s.attempt = $1 AND s.at > $2 ORDER BY s.at, s.position LIMIT 200`,
      [attempt, since],
    );
  }

  /** Steps that no attempt claims for certain, between these times, with any of these traces. */
  async loose(from: Date, to: Date, { clientIds, browsers, sources }: Traces): Promise<RecordedStep[]> {
    return this.dataSource.query<RecordedStep[]>(
      `SELECT ${COLUMNS} FROM ${STEPS}
        WHERE s.loose AND s.at BETWEEN $1 AND $2
          AND (s.client_id = ANY ($3::text[]) OR s.browser = ANY ($4::bytea[])
               OR (s.address, s.user_agent) IN (SELECT * FROM unnest($5::text[], $6::text[])))
        ORDER BY s.at, s.position LIMIT 200`,
      [from, to, clientIds, browsers, sources.map(({ address }) => address), sources.map(({ userAgent }) => userAgent)],
    );
  }

  /** The attempts of a client that got as far as an authorization request, oldest first. */
  async usesOf(clientId: string, since: Date): Promise<ClientUse[]> {
    return this.dataSource.query<ClientUse[]>(
      `SELECT attempt, min(at) AS began, array_agg(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS "userIds"
         FROM attempt_steps WHERE client_id = $1 AND NOT loose AND at > $2
        GROUP BY attempt ORDER BY began LIMIT 500`,
      [clientId, since],
    );
  }

  /** Newest first. What a tool asked before anybody was asked to log in is part of the attempt that followed; a page
   * that failed apart from any is found by its support code alone. */
  async list(filter: AttemptFilter, limit: number): Promise<AttemptSummary[]> {
    const { supportCode, client, person, outcome, since, until, userId, organizationId, before } = filter;
    return this.dataSource.query<AttemptSummary[]>(
      `WITH seen AS (
          SELECT s.*, u.email, o.name FROM ${STEPS}
           WHERE s.at > $1
             AND ($2::uuid IS NULL OR s.attempt IN (SELECT attempt FROM attempt_steps WHERE user_id = $2))
             AND ($3::uuid IS NULL OR ((s.organization_id IS NULL OR s.organization_id = $3)
                  AND s.attempt IN (SELECT attempt FROM attempt_steps WHERE organization_id = $3)))
        ), grouped AS (
          SELECT s.attempt, min(s.at) AS began, bool_and(s.loose) AS loose, bool_or(s.failed) AS failures,
                 bool_and(s.kind = 'page') AS pages,
                 (array_agg(s.failed ${LAST}))[1] AS last_failed, (array_agg(s.kind ${LAST}))[1] AS kind,
                 bool_or(s.kind IN ('token', 'call') AND NOT s.failed) AS connected,
                 (array_agg(s.rule ${LAST}) FILTER (WHERE s.failed))[1] AS rule,
                 (array_agg(s.support_code ${LAST}) FILTER (WHERE s.support_code IS NOT NULL))[1] AS code,
                 array_agg(s.support_code) AS codes,
                 (array_agg(s.client_id ${LAST}) FILTER (WHERE s.client_id IS NOT NULL))[1] AS client_id,
                 (array_agg(s.client_name ${LAST}) FILTER (WHERE s.client_name IS NOT NULL))[1] AS client_name,
                 (array_agg(s.email ${LAST}) FILTER (WHERE s.email IS NOT NULL))[1] AS email,
                 (array_agg(s.name ${LAST}) FILTER (WHERE s.name IS NOT NULL))[1] AS name
            FROM seen s GROUP BY s.attempt
        ), told AS (
          SELECT *, CASE WHEN last_failed AND NOT (connected AND kind NOT IN ('token', 'refresh', 'call')) THEN 'failed'
                         WHEN connected THEN 'connected' ELSE 'unfinished' END AS outcome FROM grouped
        )
        SELECT attempt, began, outcome, CASE WHEN outcome = 'failed' THEN rule END AS rule,
               CASE WHEN outcome = 'failed' THEN code END AS "supportCode", kind, client_id AS "clientId",
               client_name AS "clientName", email AS person, name AS organization
          FROM told t
         WHERE CASE WHEN $4::text IS NULL THEN NOT pages ELSE $4 = ANY (codes) END AND ($5 = '' OR client_id = $5 OR strpos(lower(client_name), lower($5)) > 0)
           AND ($6 = '' OR strpos(email, lower($6)) > 0) AND ($7::text IS NULL OR outcome = $7)
           AND ($8::timestamptz IS NULL OR began <= $8)
           AND ($9::timestamptz IS NULL OR (began, attempt) < ($9, $10::uuid))
           AND NOT (loose AND NOT failures
                    AND EXISTS (SELECT 1 FROM grouped other WHERE other.client_id = t.client_id AND NOT other.loose))
         ORDER BY began DESC, attempt DESC LIMIT $11`,
      [
        since,
        userId ?? null,
        organizationId ?? null,
        supportCode ?? null,
        client ?? '',
        person ?? '',
        outcome ?? null,
        until ?? null,
        before?.began ?? null,
        before?.attempt ?? null,
        limit,
      ],
    );
  }
}
