import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { COMMAND_LINE } from '../../config/acting-from.js';
import { takingTime } from '../silence.js';
import { type AuditFilter, type AuditScope, AuditSearch, CONNECTIONS } from './audit-search.js';
import { micros, type Position } from './keyset.sql.js';

export type { AuditFilter, AuditScope } from './audit-search.js';

/** One line of the log, spelt as it is exported. */
export interface AuditLine {
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  /** Who did it; null when that account is gone, or it was the server itself or the command line. */
  readonly person: string | null;
  readonly user_id: string | null;
  /** Whom it was done to, when that is somebody else. */
  readonly concerns: string | null;
  readonly concerns_id: string | null;
  /** Where it was asked for from; null: the server did it by itself. */
  readonly address: string | null;
  readonly organization: string | null;
  readonly organization_id: string | null;
  readonly connection: string | null;
  /** What the tool calls itself, of a connection. */
  readonly tool: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface Row extends Omit<AuditLine, 'person' | 'user_id' | 'concerns' | 'concerns_id'> {
  readonly key: string;
  readonly subject: string | null;
  readonly subject_id: string | null;
  readonly actor: string | null;
  readonly actor_id: string | null;
}

type Positioned = AuditLine & { readonly position: Position };

const EXPORTED_AT_ONCE = 1_000;
/**
 * Up to so many people or connections are each looked up by index; of more, one is met soon on the way through time.
 */
const FEW = 500;

/** What happened, newest first. */
@Injectable()
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  async list(
    scope: AuditScope,
    filter: AuditFilter,
    before: Position | undefined,
    limit: number,
  ): Promise<Positioned[]> {
    const people = filter.person === '' ? undefined : await this.peopleLike(filter.person);
    const grants = filter.tool === '' ? undefined : await this.grantsLike(filter.tool, scope);
    return this.read(new AuditSearch(scope, filter, before).found(people, grants, limit));
  }

  /** What somebody did, and what was done to them. */
  async ofPerson(userId: string, limit: number, before: Position | undefined): Promise<Positioned[]> {
    return this.read(new AuditSearch({}, NO_FILTER, before).found([userId], undefined, limit));
  }

  /** All of it, page by page, so that no export is held in memory. */
  async *export(scope: AuditScope, filter: AuditFilter): AsyncGenerator<AuditLine> {
    for (let before: Position | undefined; ;) {
      const page = await this.list(scope, filter, before, EXPORTED_AT_ONCE);
      for (const { position, ...line } of page) {
        before = position;
        yield line;
      }
      if (page.length < EXPORTED_AT_ONCE) return;
    }
  }

  private async read({ text, values }: { text: string; values: unknown[] }): Promise<Positioned[]> {
    const rows = await this.query<Row>(
      `WITH page AS MATERIALIZED (${text})
       SELECT e.id, e.at, ${micros('e.at')} AS key, e.action, e.address,
              u.email AS subject, e.user_id AS subject_id, b.email AS actor, e.detail->>'by' AS actor_id,
              o.name AS organization, e.organization_id, e.grant_id AS connection,
              c.metadata->>'client_name' AS tool, e.detail
         FROM page JOIN audit_events e ON e.id = page.id LEFT JOIN users u ON u.id = e.user_id
         LEFT JOIN users b ON b.id = CASE WHEN e.detail->>'by' ~ '^[0-9a-f-]{36}$' THEN (e.detail->>'by')::uuid END
         LEFT JOIN organizations o ON o.id = e.organization_id
         LEFT JOIN grants g ON g.id = e.grant_id LEFT JOIN former_connections f ON f.id = e.grant_id
         LEFT JOIN clients c ON c.id = coalesce(g.client_id, f.client_id)
        ORDER BY e.at DESC, e.id DESC`,
      values,
    );
    return rows.map(lineOf);
  }

  private async peopleLike(part: string): Promise<string[] | undefined> {
    return this.few('SELECT id FROM users WHERE strpos(email, lower($1)) > 0', [part]);
  }

  private async grantsLike(part: string, { organizationId }: AuditScope): Promise<string[] | undefined> {
    return this.few(
      `SELECT g.id FROM clients c JOIN ${CONNECTIONS} g ON g.client_id = c.id
        WHERE strpos(lower(c.metadata->>'client_name'), lower($1)) > 0 AND ($2::uuid IS NULL OR g.organization_id = $2)`,
      [part, organizationId ?? null],
    );
  }

  /** Undefined: there are too many to look each up. */
  private async few(query: string, values: unknown[]): Promise<string[] | undefined> {
    const rows = await this.query<{ id: string }>(`${query} LIMIT ${FEW + 1}`, values);
    return rows.length > FEW ? undefined : rows.map(({ id }) => id);
  }

  /** What is rare is looked for through all of the log. */
  private query<Found>(text: string, values: unknown[]): Promise<Found[]> {
    return takingTime(this.dataSource, (manager) => manager.query<Found[]>(text, values));
  }
}

const NO_FILTER: AuditFilter = {
  action: undefined,
  person: '',
  address: '',
  tool: '',
  connection: undefined,
  from: undefined,
  until: undefined,
};

/** Who acted and who was acted upon: what came from the command line was done by nobody who has an account. */
function lineOf({ key, subject, subject_id, actor, actor_id, id, at, action, ...row }: Row): Positioned {
  const other = actor_id !== null || row.address === COMMAND_LINE;
  return {
    id,
    at,
    action,
    person: other ? actor : subject,
    user_id: other ? actor_id : subject_id,
    concerns: other ? subject : null,
    concerns_id: other ? subject_id : null,
    ...row,
    position: { key, id },
  };
}
