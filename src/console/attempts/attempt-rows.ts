import { moment } from '../../http/moment.js';
import { isUuid } from '../../http/uuid.js';
import type { AttemptFilter, AttemptSummary, Outcome } from '../../database/repositories/attempt-steps.repository.js';
import { type Rule, sectionOf } from '../../oauth/finding.js';
import { cureOf, type Reader } from '../../recorder/cures.js';
import { outcomeOf, type TimelineStep } from '../../recorder/timeline.js';
import { text } from '../../texts/text.js';
import { filterChoices } from '../choices.js';
import { fieldOf } from '../field.js';
import type { AttemptModel, AttemptsModel } from './attempts.pages.js';

type Asked = Readonly<Record<string, unknown>>;

export const PAGE = 50;
const OUTCOMES: readonly Outcome[] = ['connected', 'failed', 'unfinished'];
const SUPPORT_CODE = /^[A-HJ-NP-Z2-9]{10}$/;
/** What came, and what it was held against. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['presented', 'registered'],
  ['redirect_uri', 'asked_for_with'],
  ['asked', 'known'],
  ['asked', 'granted'],
  ['asked', 'approved'],
  ['presented_generation', 'current_generation'],
  ['rotated_seconds_ago', 'grace_seconds'],
  ['origin', 'allowed'],
  ['method', 'allowed'],
  ['host', 'expected'],
  ['audience', 'expected_audience'],
  ['issuer', 'expected_issuer'],
  ['expires', 'now'],
  ['granted', 'missing'],
];
/** Ids of people, and what the server itself complained of. */
const FOR_OPERATORS = new Set(['found', 'began_as', 'sid', 'grant', 'request']);

/** A support code as somebody typed it; undefined for anything that cannot be one. */
export function supportCodeOf(value: unknown): string | undefined {
  const typed = fieldOf(value).replace(/\s/g, '').toUpperCase();
  return SUPPORT_CODE.test(typed) ? typed : undefined;
}

/** What the address of a list narrows it to. Dates are days in UTC, both within. */
export function filterOf({ client, person, outcome, since, until, before }: Asked) {
  const [, at, attempt] = /^(\d{1,15}) (\S+)$/.exec(fieldOf(before)) ?? [];
  return {
    client: fieldOf(client).trim().slice(0, 1_000),
    person: fieldOf(person).trim().slice(0, 254),
    outcome: OUTCOMES.find((one) => one === outcome),
    since: dayOf(since, 'T00:00:00Z'),
    until: dayOf(until, 'T23:59:59.999Z'),
    before: isUuid(attempt) ? { began: new Date(Number(at)), attempt } : undefined,
  } satisfies Partial<AttemptFilter>;
}

function dayOf(value: unknown, time: string): Date | undefined {
  const day = fieldOf(value);
  const date = new Date(/^20\d\d-\d\d-\d\d$/.test(day) ? day + time : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * The parts of a list that follow from what was asked and found. `found`: one more than a page has, when there is more.
 * Operators see everything; others nothing that says where somebody was or how the server is built.
 */
export function listModel(asked: Asked, found: readonly AttemptSummary[], here: string, reader: Reader, now: Date) {
  const filter = filterOf(asked);
  const page = found.slice(0, PAGE);
  const last = page.at(-1);
  const days = { since: dayText(filter.since), until: dayText(filter.until) };
  const code = fieldOf(asked['code']).slice(0, 20);
  const query = { code, client: filter.client, person: filter.person, outcome: filter.outcome ?? '', ...days };
  const next = last && new URLSearchParams({ ...query, before: `${last.began.getTime()} ${last.attempt}` });
  return {
    here,
    search: {
      byCode: reader !== 'administrator',
      byPerson: reader !== 'person',
      code,
      client: filter.client,
      person: filter.person,
      ...days,
      outcomes: filterChoices(text('attempts.any'), OUTCOMES, filter.outcome, (value) => text(`outcome.${value}`)),
    },
    filtered: Object.values(query).some((value) => value !== '') || filter.before !== undefined,
    attempts: page.map(({ attempt, began, outcome, rule, kind, clientName, person, organization }) => ({
      href: `${here}/${attempt}`,
      tool: clientName ?? text('attempts.unnamed'),
      outcome: outcomeModel(outcome),
      person: reader === 'person' ? undefined : (person ?? undefined),
      organization: reader === 'administrator' ? undefined : (organization ?? undefined),
      began: moment(began, now),
      step: text(`step.${kind}`),
      cure: rule === null ? undefined : cureOf(rule as Rule, reader).cure,
    })),
    more: found.length > PAGE ? `${here}?${next}` : undefined,
  } satisfies Partial<AttemptsModel>;
}

const dayText = (date: Date | undefined) => date?.toISOString().slice(0, 10) ?? '';

function outcomeModel(outcome: Outcome) {
  return { label: text(`outcome.${outcome}`), connected: outcome === 'connected', failed: outcome === 'failed' };
}

/** The parts of a timeline's page that follow from its steps. */
export function timelineModel(steps: readonly TimelineStep[], reader: Reader) {
  const last = <Key extends 'clientId' | 'clientName' | 'person' | 'organization'>(key: Key) =>
    steps.findLast((step) => step[key] !== null)?.[key] ?? undefined;
  const tool = last('clientName');
  return {
    title: tool === undefined ? text('attempt.title') : text('attempt.title-tool', { tool }),
    notice: undefined,
    outcome: outcomeModel(outcomeOf(steps)),
    clientId: last('clientId'),
    person: last('person'),
    organization: last('organization'),
    steps: steps.map((step) => stepModel(step, reader)),
  } satisfies Partial<AttemptModel>;
}

function stepModel(step: TimelineStep, reader: Reader): AttemptModel['steps'][number] {
  const { rule, failed } = step;
  const compared = Object.entries(step.compared).filter(([name]) => reader === 'operator' || !FOR_OPERATORS.has(name));
  return {
    label: text(`step.${step.kind}`),
    failed,
    uncertain: !step.certain,
    at: step.at.toISOString(),
    clock: `${step.at.toISOString().slice(11, 23)} UTC`,
    from:
      reader === 'operator'
        ? text('attempt.from', { address: step.address, program: step.userAgent || '—' })
        : undefined,
    sent: Object.entries(step.sent).map(valueOf),
    rule: failed && rule !== null ? text('attempt.rule', { rule, section: sectionOf(rule) }) : undefined,
    code: step.supportCode ?? undefined,
    compared: failed ? paired(Object.fromEntries(compared)) : [],
    cure: failed && rule !== null ? cureOf(rule, reader) : undefined,
  };
}

function paired(compared: Readonly<Record<string, unknown>>) {
  const rest = new Map(Object.entries(compared));
  const rows = PAIRS.filter(([one, other]) =>
    [one, other].every((name) => rest.has(name) && compared[name] !== undefined),
  ).map((pair) => ({ values: pair.map((name) => valueOf([name, compared[name]])) }));
  for (const pair of PAIRS) if (pair.every((name) => name in compared)) pair.forEach((name) => rest.delete(name));
  return [...rows, ...[...rest].map((entry) => ({ values: [valueOf(entry)] }))];
}

function valueOf([name, value]: [string, unknown]) {
  return { name, value: [value].flat().map(String).join('\n') || '—' };
}
