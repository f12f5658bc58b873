import type { AuditFilter, AuditLine } from '../database/repositories/audit-log.repository.js';
import type { Position } from '../database/repositories/keyset.sql.js';
import { COMMAND_LINE } from '../config/acting-from.js';
import { type Moment, moment } from '../http/moment.js';
import { isUuid } from '../http/uuid.js';
import { ownText, text, type Words } from '../texts/text.js';
import { isObject, labelOf, shortened, wordsOf } from './audit-words.js';
import { type Choice, filterChoices } from './choices.js';
import { fieldOf } from './field.js';

/** An event as pages show it. */
export interface AuditRow {
  readonly at: Moment;
  readonly action: Words;
  readonly person: Words;
  readonly from: Words;
  /** There is more to tell than that. */
  readonly known: boolean;
  /** What it was about, in a few words. */
  readonly about: readonly Words[];
  readonly facts: readonly { readonly label: Words; readonly value: Words }[];
  readonly changes: readonly { readonly label: Words; readonly before: Words; readonly after: Words }[];
}

/** What the form of filters holds. */
export interface AuditForm {
  readonly person: string;
  readonly address: string;
  readonly tool: string;
  readonly connection: string;
  readonly from: string;
  readonly until: string;
  readonly actions: readonly Choice[];
}

type Asked = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;
/** Said elsewhere in the row. */
const SAID = ['by', 'before', 'after'];

export function auditRow(line: AuditLine, now: Date): AuditRow {
  const { at, action, person, address, concerns, tool, connection, detail } = line;
  const facts: { name: string; value: Words }[] = [
    ...(concerns === null ? [] : [{ name: 'concerns', value: concerns }]),
    ...(tool === null ? [] : [{ name: 'tool', value: tool }]),
    ...Object.entries(detail)
      .filter(([name]) => !SAID.includes(name))
      .map(([name, value]) => ({ name, value: shortened(wordsOf(name, value), 400) })),
    ...(connection === null ? [] : [{ name: 'connection', value: connection }]),
  ];
  const changes = changesOf(action, detail);
  const about = [concerns, tool, detail['name'], detail['client'], detail['email']].filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  const reason = detail['because'] === undefined ? [] : [wordsOf('because', detail['because'])];
  return {
    at: moment(at, now),
    action: actionText(action),
    person: person ?? text(address === COMMAND_LINE ? 'audit.operator' : 'audit.nobody'),
    from: address === COMMAND_LINE ? text('audit.command-line') : (address ?? text('audit.itself')),
    known: facts.length + changes.length > 0,
    about: [
      ...about.map((one) => shortened(one, 100)),
      ...changes.map(({ before, after }) =>
        text('audit.changed', { before: shortened(before, 100), after: shortened(after, 100) }),
      ),
      ...reason,
    ],
    facts: facts.map(({ name, value }) => ({ label: labelOf(name), value })),
    changes,
  };
}

export function actionText(action: string): Words {
  return ownText(`action.${action}`) ?? action;
}

export function auditFilter({ action, person, address, tool, connection, from, until }: Asked): AuditFilter {
  const last = dayOf(until);
  return {
    action: /^[a-z_]{1,40}\.[a-z_]{1,40}$/.test(fieldOf(action)) ? fieldOf(action) : undefined,
    person: fieldOf(person).trim().slice(0, 254),
    address: fieldOf(address).trim().slice(0, 100),
    tool: fieldOf(tool).trim().slice(0, 100),
    connection: isUuid(fieldOf(connection).trim()) ? fieldOf(connection).trim() : undefined,
    from: dayOf(from),
    until: last && new Date(last.getTime() + DAY_MS),
  };
}

export function auditForm(filter: AuditFilter, actions: readonly string[]): AuditForm {
  const { action, person, address, tool, connection = '', from, until } = filter;
  return {
    person,
    address,
    tool,
    connection,
    from: inForm(from),
    until: inForm(until && new Date(until.getTime() - DAY_MS)),
    actions: filterChoices(text('audit.any'), actions, action, actionText),
  };
}

/** The same as a query, with nothing that filters nothing. */
export function auditQuery({ actions, ...form }: AuditForm): Record<string, string> {
  const action = actions.find(({ selected }) => selected)?.value ?? '';
  return Object.fromEntries(Object.entries({ action, ...form }).filter(([, value]) => value !== ''));
}

/** Where a page begins; what cannot be one is none. */
export function auditPosition(asked: unknown): Position | undefined {
  const [, key, id] = /^(\d{1,17})\.(\d{1,18})$/.exec(fieldOf(asked)) ?? [];
  return key !== undefined && id !== undefined ? { key, id } : undefined;
}

/** As the address says it. */
export const writtenPosition = ({ key, id }: Position) => `${key}.${id}`;

/** A day, as forms and addresses spell it: its beginning, in UTC. */
function dayOf(value: unknown): Date | undefined {
  const day = /^2\d{3}-\d\d-\d\d$/.test(fieldOf(value)) ? new Date(`${fieldOf(value)}T00:00:00Z`) : undefined;
  return day && !Number.isNaN(day.getTime()) ? day : undefined;
}

const inForm = (day: Date | undefined) => day?.toISOString().slice(0, 10) ?? '';

/** One thing that changed, or each member of several. */
function changesOf(action: string, { before, after }: Asked): AuditRow['changes'] {
  if (before === undefined && after === undefined) return [];
  if (!isObject(before) && !isObject(after))
    return [{ label: text('audit.change'), before: wordsOf(action, before), after: wordsOf(action, after) }];
  const [was, is] = [before, after].map((one) => (isObject(one) ? one : {})) as [Asked, Asked];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].map((name) => ({
    label: labelOf(name),
    before: wordsOf(name, was[name]),
    after: wordsOf(name, is[name]),
  }));
}
