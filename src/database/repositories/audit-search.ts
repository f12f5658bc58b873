import { type Position, timeOfMicros } from './keyset.sql.js';

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

/** Whose log: an organization's; without, the whole server's. */
export interface AuditScope {
  readonly organizationId?: string;
}

/** Those there are, and those that were swept. */
export const CONNECTIONS =
  '(SELECT id, organization_id, client_id FROM grants UNION ALL SELECT id, organization_id, client_id FROM former_connections)';
const ORDERED = 'ORDER BY e.at DESC, e.id DESC';

/** The statement that finds one page: of nothing but what is asked for, so that it is planned for that. */
export class AuditSearch {
  private readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  constructor(
    { organizationId }: AuditScope,
    private readonly filter: AuditFilter,
    before: Position | undefined,
  ) {
    const { action, address, connection, from, until } = filter;
    if (organizationId) this.conditions.push(`e.organization_id = ${this.put(organizationId)}::uuid`);
    if (action) this.conditions.push(`e.action = ${this.put(action)}`);
    if (address !== '') this.conditions.push(`e.address = ${this.put(address)}`);
    if (connection) this.conditions.push(`e.grant_id = ${this.put(connection)}::uuid`);
    if (from) this.conditions.push(`e.at >= ${this.put(from)}`);
    if (until) this.conditions.push(`e.at < ${this.put(until)}`);
    if (before)
      this.conditions.push(`(e.at, e.id) < (${timeOfMicros(this.put(before.key))}, ${this.put(before.id)}::bigint)`);
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
