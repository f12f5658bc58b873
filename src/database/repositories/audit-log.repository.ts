import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { COMMAND_LINE } from '../../config/acting-from.js';
import { takingTime } from '../silence.js';
import { micros, timeOfMicros } from './keyset.sql.js';

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

export interface AuditFilter {
  readonly action: string | undefined;
  /** Part of an address of whoever did it, or whom it was done to. */
  readonly person: string;
  /** Where it was asked for from, all of it. */
  readonly address: string;
  /** Part of what a tool calls itself. */
  readonly tool: string;
  readonly connection: string | undefined;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
}

/** The end of a page: microseconds since 1970, and the id of its last line. */
export interface AuditPosition {
  readonly micros: string;
  readonly id: string;
}

/** Whose log: an organization's; without, the whole server's. */
export interface AuditScope {
  readonly organizationId?: string;
}

interface Row extends Omit<AuditLine, 'person' | 'user_id' | 'concerns' | 'concerns_id'> {
  readonly key: string;
  readonly subject: string | null;
  readonly subject_id: string | null;
  readonly actor: string | null;
  readonly actor_id: string | null;
}

type Positioned = AuditLine & { readonly position: AuditPosition };

const EXPORTED_AT_ONCE = 1_000;
/** Up to so many people or connections are each looked up by index; of more, one is met soon on the way through time. */
const FEW = 500;

/** What happened, newest first. */
@Injectable()
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  async list(
    scope: AuditScope,
    filter: AuditFilter,
    before: AuditPosition | undefined,
    limit: number,
  ): Promise<Positioned[]> {
    const people = filter.person === '' ? undefined : await this.peopleLike(filter.person);
    const grants = filter.tool === '' ? undefined : await this.grantsLike(filter.tool, scope);
    return this.read(new Search(scope, filter, before).found(people, grants, limit));
  }

  /** What somebody did, and what was done to them. */
  async ofPerson(userId: string, limit: number, before: AuditPosition | undefined): Promise<Positioned[]> {
    return this.read(new Search({}, NO_FILTER, before).found([userId], undefined, limit));
  }

  /** All of it, page by page, so that no export is held in memory. */
  async *export(scope: AuditScope, filter: AuditFilter): AsyncGenerator<AuditLine> {
    for (let before: AuditPosition | undefined; ;) {
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
/** Those there are, and those that were swept. */
const CONNECTIONS =
  '(SELECT id, organization_id, client_id FROM grants UNION ALL SELECT id, organization_id, client_id FROM former_connections)';
const ORDERED = 'ORDER BY e.at DESC, e.id DESC';

/** The statement that finds one page: of nothing but what is asked for, so that it is planned for that. */
class Search {
  private readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  constructor(
    { organizationId }: AuditScope,
    private readonly filter: AuditFilter,
    before: AuditPosition | undefined,
  ) {
    const { action, address, connection, from, until } = filter;
    if (organizationId) this.conditions.push(`e.organization_id = ${this.put(organizationId)}::uuid`);
    if (action) this.conditions.push(`e.action = ${this.put(action)}`);
    if (address !== '') this.conditions.push(`e.address = ${this.put(address)}`);
    if (connection) this.conditions.push(`e.grant_id = ${this.put(connection)}::uuid`);
    if (from) this.conditions.push(`e.at >= ${this.put(from)}`);
    if (until) this.conditions.push(`e.at < ${this.put(until)}`);
    if (before)
      this.conditions.push(`(e.at, e.id) < (${timeOfMicros(this.put(before.micros))}, ${this.put(before.id)}::bigint)`);
  }

  /** `people` and `grants`: those the filter means; undefined: it means none, or too many. */
  found(
    people: string[] | undefined,
    grants: string[] | undefined,
    limit: number,
  ): { text: string; values: unknown[] } {
    const { person, tool } = this.filter;
    if (tool !== '' && !grants) this.conditions.push(`e.grant_id IN (${this.grantsOfTool(tool)})`);
    if (person !== '' && (grants || !people)) this.conditions.push(this.ofPeople(person));
    const most = this.put(limit);
    if (grants) return this.each(grants, ['e.grant_id = one.id'], most);
    if (people) return this.each(people, ['e.user_id = one.id', `e.detail->>'by' = one.id::text`], most);
    return { text: `SELECT e.id FROM audit_events e ${this.where()} ${ORDERED} LIMIT ${most}`, values: this.values };
  }

  /** The newest of each, each by its index; of those the newest. */
  private each(ids: string[], ways: readonly string[], most: string): { text: string; values: unknown[] } {
    const branches = ways.map(
      (way) => `(SELECT e.id, e.at FROM audit_events e ${this.where(way)} ${ORDERED} LIMIT ${most})`,
    );
    const text = `SELECT DISTINCT e.at, e.id FROM unnest(${this.put(ids)}::uuid[]) AS one (id)
        CROSS JOIN LATERAL (${branches.join(' UNION ALL ')}) e ${ORDERED} LIMIT ${most}`;
    return { text, values: this.values };
  }

  private ofPeople(part: string): string {
    const alike = `strpos(email, lower(${this.put(part)})) > 0`;
    return `(e.user_id IN (SELECT id FROM users WHERE ${alike}) OR e.detail->>'by' IN (SELECT id::text FROM users WHERE ${alike}))`;
  }

  private grantsOfTool(part: string): string {
    return `SELECT g.id FROM clients c JOIN ${CONNECTIONS} g ON g.client_id = c.id
      WHERE strpos(lower(c.metadata->>'client_name'), lower(${this.put(part)})) > 0`;
  }

  private where(...more: string[]): string {
    const all = [...this.conditions, ...more];
    return all.length > 0 ? `WHERE ${all.join(' AND ')}` : '';
  }

  private put(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

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
    position: { micros: key, id },
  };
}
