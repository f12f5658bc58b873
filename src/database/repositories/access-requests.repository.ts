import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, MoreThan } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { actedFrom } from '../../config/acting-from.js';
import { AccessRequest } from '../entities/access-request.entity.js';
import { type Statement, Statements } from '../statements.js';
import { addAuditEvent } from './audit-events.repository.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';
import { type AskedChange, changePolicy } from './policy-change.js';
import { ruling } from './policy.sql.js';

export type { AccessRequest } from '../entities/access-request.entity.js';

/** So long it waits for an answer, then it is over. */
export const OPEN_DAYS = 30;
const OPEN_MS = OPEN_DAYS * 86_400_000;

/** One that waits for an answer, and who asks. */
export interface OpenRequest extends Pick<
  AccessRequest,
  | 'id'
  | 'userId'
  | 'clientId'
  | 'identity'
  | 'clientName'
  | 'redirectUri'
  | 'resource'
  | 'scopes'
  | 'reason'
  | 'askedAt'
> {
  readonly email: string;
  readonly role: Role;
}

/** What somebody asks for: a client, as it is known now, and what it wants. */
export type NewRequest = Omit<AccessRequest, 'id' | 'answeredAt' | 'answeredBy' | 'answer' | 'membership'>;

/** How much one person may ask for. `dayAgo`: what was asked since then counts, what was refused before counts no more. */
export interface AskingLimits {
  readonly open: number;
  readonly aDay: number;
  readonly dayAgo: Date;
}

/** What became of an answer. `still asks`: another rule, which names the person more precisely, would still say "ask". */
export type Answered = 'answered before' | 'policy changed' | 'still asks' | 'approved';

/** At `$1`, those that were asked before are over. */
const OPEN_SINCE = `$1::timestamptz - interval '${OPEN_DAYS * 24} hours'`;

/**
 * A request `a` that is not answered and still needs to be, with the place `m` of whoever asks, `u`. That of a disabled
 * account rests with it.
 */
const OPEN = `access_requests a JOIN memberships m ON m.user_id = a.user_id AND m.organization_id = a.organization_id
      JOIN users u ON u.id = a.user_id AND u.disabled_at IS NULL
      JOIN LATERAL (${ruling({ clientId: 'a.client_id', identity: 'a.identity', at: '$1' })}) p
        ON p.verdict = 'ask' AND a.answered_at IS NULL AND a.asked_at > ${OPEN_SINCE}`;

/**
 * Asks, or asks again when there is no answer that counts. No row: it is asked already, or was refused of late, or too much
 * is asked, or policy no longer says "ask".
 */
const ASK: Statement = {
  name: 'access_ask',
  text: `WITH place AS (
      SELECT m.user_id, m.organization_id FROM memberships m JOIN users u ON u.id = m.user_id
        JOIN LATERAL (${ruling({ clientId: '$4', identity: '$6', at: '$1' })}) p ON p.verdict = 'ask'
       WHERE m.user_id = $2 AND m.organization_id = $3 AND u.disabled_at IS NULL
         AND (SELECT count(*) FROM access_requests WHERE user_id = $2 AND asked_at > $14) < $13
         AND (SELECT count(*) FROM ${OPEN} WHERE a.user_id = $2 AND a.organization_id = $3) < $12
    ), asked AS (
      INSERT INTO access_requests (user_id, organization_id, client_id, digest, identity, client_name, redirect_uri, resource, scopes, reason, asked_at)
      SELECT user_id, organization_id, $4, $5, $6, $7, $8, $9, $10::text[], $11, $1 FROM place
      ON CONFLICT (user_id, organization_id, digest) DO UPDATE
         SET identity = excluded.identity, client_name = excluded.client_name, redirect_uri = excluded.redirect_uri,
             resource = excluded.resource, scopes = excluded.scopes, reason = excluded.reason, asked_at = excluded.asked_at,
             answered_at = NULL, answered_by = NULL, answer = NULL
       WHERE access_requests.answer = 'approved' OR access_requests.answered_at <= $14
          OR access_requests.answered_at IS NULL AND access_requests.asked_at <= ${OPEN_SINCE}
      RETURNING id, user_id, organization_id
    ), audited AS (
      INSERT INTO audit_events (at, action, user_id, organization_id, address, detail)
      SELECT $1, 'access.requested', user_id, organization_id, $15, jsonb_build_object('client', $7::text, 'request', id) FROM asked)
    SELECT id FROM asked`,
};

const SHOWN = `SELECT a.id, a.user_id AS "userId", a.client_id AS "clientId", a.identity, a.client_name AS "clientName",
           a.redirect_uri AS "redirectUri", a.resource, a.scopes, a.reason, a.asked_at AS "askedAt", u.email, m.role
      FROM ${OPEN}`;

/** Who asks for which tool where, and what was answered. */
@Injectable()
export class AccessRequests {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /** The id, when this call asked. One person's calls take turns, so that together they exceed no limit. */
  async ask(request: NewRequest, { open, aDay, dayAgo }: AskingLimits): Promise<string | undefined> {
    const [row] = await this.statements.runInTurn<{ id: string }>(
      { key: `access ${request.userId}`, organizationId: request.organizationId },
      ASK,
      [
        request.askedAt,
        request.userId,
        request.organizationId,
        request.clientId,
        request.digest,
        request.identity,
        request.clientName,
        request.redirectUri,
        request.resource,
        request.scopes,
        request.reason,
        open,
        aDay,
        dayAgo,
        actedFrom(),
      ],
    );
    return row?.id;
  }

  /** What somebody asked about this client, answered or not. */
  async ofPerson(userId: string, organizationId: string, digest: Buffer): Promise<AccessRequest | null> {
    return this.dataSource.manager.findOneBy(AccessRequest, { userId, organizationId, digest });
  }

  /** One of an organization, answered or not. */
  async find(id: string, organizationId: string): Promise<AccessRequest | null> {
    return this.dataSource.manager.findOneBy(AccessRequest, { id, organizationId });
  }

  /** One that still waits. */
  async findOpen(id: string, organizationId: string, at: Date): Promise<OpenRequest | undefined> {
    const [row] = await this.dataSource.query<OpenRequest[]>(`${SHOWN} WHERE a.organization_id = $2 AND a.id = $3`, [
      at,
      organizationId,
      id,
    ]);
    return row;
  }

  /** Those that wait, the oldest first, with the position of each. `search`: part of who asks, or of what a tool calls itself. */
  async open(
    organizationId: string,
    { search, after }: { readonly search: string; readonly after: Position | undefined },
    limit: number,
    at: Date,
  ): Promise<(OpenRequest & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT shown.*, ${micros('shown."askedAt"')} AS position FROM (${SHOWN} WHERE a.organization_id = $2) shown
        WHERE ($6 = '' OR strpos(lower(email), lower($6)) > 0 OR strpos(lower("clientName"), lower($6)) > 0)
          AND ($3::bigint IS NULL OR ("askedAt", id) > (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY "askedAt", id LIMIT $5`,
      [at, organizationId, after?.key ?? null, after?.id ?? null, limit, search],
    );
  }

  async countOpen(organizationId: string, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(
      `SELECT count(*)::integer AS count FROM ${OPEN} WHERE a.organization_id = $2`,
      [at, organizationId],
    );
    return row!.count;
  }

  /** Makes the rule and answers, both or neither. First the organization's row, then the request: of two answers one is given. */
  async approve(id: string, asked: AskedChange & { by: string }, at: Date): Promise<Answered> {
    const { organizationId, by } = asked;
    try {
      return await this.dataSource.transaction(async (manager) => {
        if ((await changePolicy(manager, asked, at)) === undefined) return 'policy changed';
        const open = { id, organizationId, answeredAt: IsNull(), askedAt: MoreThan(openSince(at)) };
        const { affected } = await manager.update(AccessRequest, open, {
          answeredAt: at,
          answeredBy: by,
          answer: 'approved',
        });
        if (affected !== 1) throw new TakenBack('answered before');
        const [asking] = await manager.query<unknown[]>(
          `SELECT 1 FROM access_requests a JOIN memberships m ON m.user_id = a.user_id AND m.organization_id = a.organization_id
             JOIN LATERAL (${ruling({ clientId: 'a.client_id', identity: 'a.identity', at: '$2' })}) p
               ON p.verdict <> 'allow' WHERE a.id = $1`,
          [id, at],
        );
        if (asking) throw new TakenBack('still asks');
        const detail = { request: id };
        await addAuditEvent(manager, { at, action: 'access.approved', userId: by, organizationId, detail });
        return 'approved';
      });
    } catch (error) {
      if (error instanceof TakenBack) return error.outcome;
      throw error;
    }
  }

  /** Whether this call refused it: false when it was answered before, or is over. */
  async refuse(
    { id, organizationId, by }: { id: string; organizationId: string; by: string },
    at: Date,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const open = { id, organizationId, answeredAt: IsNull(), askedAt: MoreThan(openSince(at)) };
      const { affected } = await manager.update(AccessRequest, open, {
        answeredAt: at,
        answeredBy: by,
        answer: 'refused',
      });
      if (affected !== 1) return false;
      const detail = { request: id };
      await addAuditEvent(manager, { at, action: 'access.refused', userId: by, organizationId, detail });
      return true;
    });
  }
}

export const openUntil = ({ askedAt }: Pick<AccessRequest, 'askedAt'>) => new Date(askedAt.getTime() + OPEN_MS);
const openSince = (at: Date) => new Date(at.getTime() - OPEN_MS);

/** The transaction is rolled back. */
class TakenBack extends Error {
  constructor(readonly outcome: Exclude<Answered, 'approved'>) {
    super(outcome);
  }
}
