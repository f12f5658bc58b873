import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, MoreThan } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { actedFrom } from '../../config/acting-from.js';
import { AccessRequest } from '../entities/access-request.entity.js';
import { Statements } from '../statements.js';
import * as sql from './access-requests.statements.js';
import { addAuditEvent } from './audit-events.repository.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';
import { type AskedChange, changePolicy } from './policy-change.js';

export type { AccessRequest } from '../entities/access-request.entity.js';
export { OPEN_DAYS } from './access-requests.statements.js';

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

/**
 * How much one person may ask for. `dayAgo`: what was asked since then counts, what was refused before counts no more.
 */
export interface AskingLimits {
  readonly open: number;
  readonly aDay: number;
  readonly dayAgo: Date;
}

/**
 * What became of an answer. `still asks`: another rule, which names the person more precisely, would still say "ask".
 */
export type Answered = 'answered before' | 'policy changed' | 'still asks' | 'approved';

/** Which request, and who answers. */
interface Answering {
  readonly id: string;
  readonly organizationId: string;
  readonly by: string;
}

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
      sql.ASK,
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
    const [row] = await this.dataSource.query<OpenRequest[]>(
      `${sql.SHOWN} WHERE a.organization_id = $2 AND a.id = $3`,
      [at, organizationId, id],
    );
    return row;
  }

  /**
   * Those that wait, the oldest first, with the position of each. `search`: part of who asks, or of what a tool calls
   * itself.
   */
  async open(
    organizationId: string,
    { search, after }: { readonly search: string; readonly after: Position | undefined },
    limit: number,
    at: Date,
  ): Promise<(OpenRequest & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT shown.*, ${micros('shown."askedAt"')} AS position FROM (${sql.SHOWN} WHERE a.organization_id = $2) shown
        WHERE ($6 = '' OR strpos(lower(email), lower($6)) > 0 OR strpos(lower("clientName"), lower($6)) > 0)
          AND ($3::bigint IS NULL OR ("askedAt", id) > (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY "askedAt", id LIMIT $5`,
      [at, organizationId, after?.key ?? null, after?.id ?? null, limit, search],
    );
  }

  async countOpen(organizationId: string, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(
      `SELECT count(*)::integer AS count FROM ${sql.OPEN} WHERE a.organization_id = $2`,
      [at, organizationId],
    );
    return row!.count;
  }

  /**
   * Makes the rule and answers, both or neither. First the organization's row, then the request: of two answers one is
   * given.
   */
  async approve(id: string, asked: AskedChange & { by: string }, at: Date): Promise<Answered> {
    const { organizationId, by } = asked;
    try {
      return await this.dataSource.transaction(async (manager) => {
        if ((await changePolicy(manager, asked, at)) === undefined) return 'policy changed';
        if (!(await answer(manager, 'approved', { id, organizationId, by }, at)))
          throw new TakenBack('answered before');
        const [asking] = await manager.query<unknown[]>(sql.STILL_ASKS, [id, at]);
        if (asking) throw new TakenBack('still asks');
        return 'approved';
      });
    } catch (error) {
      if (error instanceof TakenBack) return error.outcome;
      throw error;
    }
  }

  /** Whether this call refused it: false when it was answered before, or is over. */
  async refuse(answering: Answering, at: Date): Promise<boolean> {
    return this.dataSource.transaction((manager) => answer(manager, 'refused', answering, at));
  }
}

const OPEN_MS = sql.OPEN_DAYS * 86_400_000;
export const openUntil = ({ askedAt }: Pick<AccessRequest, 'askedAt'>) => new Date(askedAt.getTime() + OPEN_MS);
const openSince = (at: Date) => new Date(at.getTime() - OPEN_MS);

/** Answers it, and says so in the log. Whether it was waiting. */
async function answer(
  manager: EntityManager,
  given: 'approved' | 'refused',
  { id, organizationId, by }: Answering,
  at: Date,
): Promise<boolean> {
  const { affected } = await manager.update(
    AccessRequest,
    { id, organizationId, answeredAt: IsNull(), askedAt: MoreThan(openSince(at)) },
    { answeredAt: at, answeredBy: by, answer: given },
  );
  if (affected !== 1) return false;
  const action = given === 'approved' ? 'access.approved' : 'access.refused';
  await addAuditEvent(manager, { at, action, userId: by, organizationId, detail: { request: id } });
  return true;
}

/** The transaction is rolled back. */
class TakenBack extends Error {
  constructor(readonly outcome: Exclude<Answered, 'approved'>) {
    super(outcome);
  }
}
