import { STEP_KINDS, type StepKind } from '../database/entities/attempt-step.entity.js';
import type { ClientUse, Outcome, RecordedStep, Traces } from '../database/repositories/attempt-steps.repository.js';
import type { Rule } from '../oauth/finding.js';
import { WINDOW_MS } from './observed.js';

/** A step in its place. */
export interface TimelineStep extends RecordedStep {
  readonly rule: Rule | null;
  /** Whether it is known to belong here, and not only likely. */
  readonly certain: boolean;
}

/** Dynamic ids are each one installation's own; others are shared by everybody who uses the tool. */
const isOwn = (clientId: string) => clientId.startsWith('dyn-');
const TOKEN_STEPS: readonly StepKind[] = ['token', 'refresh', 'call'];

/** By what steps that belong to nothing yet may belong to this attempt. */
export function tracesOf(steps: readonly RecordedStep[]): Traces {
  const sources = new Map(
    steps.map(({ address, userAgent }) => [sourceOf({ address, userAgent }), { address, userAgent }]),
  );
  const browsers = new Map(
    steps.flatMap(({ browser }) => (browser ? [[browser.toString('hex'), browser] as const] : [])),
  );
  return {
    clientIds: [...new Set(steps.flatMap(({ clientId }) => clientId ?? []))],
    browsers: [...browsers.values()],
    sources: [...sources.values()],
  };
}

/** The time around an attempt in which such steps can belong to it. */
export function aroundOf(steps: readonly RecordedStep[]): { readonly from: Date; readonly to: Date } {
  const times = steps.map(({ at }) => at.getTime());
  return { from: new Date(Math.min(...times) - WINDOW_MS), to: new Date(Math.max(...times) + WINDOW_MS) };
}

/**
 * The attempt with the steps around it that share something with it, in order. What is shared by a client id of its
 * own, or by the browser and the client, belongs here for certain; what is shared by the place alone does so only while
 * nobody else was seen there, and is uncertain otherwise.
 */
export function timelineOf(
  own: readonly RecordedStep[],
  loose: readonly RecordedStep[],
  uses: readonly ClientUse[],
): TimelineStep[] {
  const { attempt } = own[0]!;
  const clientId = own.find((step) => step.clientId !== null)?.clientId ?? null;
  const browsers = new Set(own.flatMap(({ browser }) => browser?.toString('hex') ?? []));
  const others = loose.filter((step) => step.attempt !== attempt);
  const next = nextUse(own, uses);
  const around = others
    .filter((step) => step.clientId === null || clientId === null || step.clientId === clientId)
    .filter((step) => next === undefined || step.at < next)
    .map((step) => ({ ...step, certain: belongs(step, clientId, browsers, [...own, ...loose], uses) }));
  const all = [...own.map((step) => ({ ...step, certain: true })), ...around];
  return explained(all.toSorted(inTime) as TimelineStep[]);
}

/** In the order of the way, when they were recorded in the same millisecond. */
function inTime(a: RecordedStep, b: RecordedStep): number {
  return a.at.getTime() - b.at.getTime() || STEP_KINDS.indexOf(a.kind) - STEP_KINDS.indexOf(b.kind);
}

function belongs(
  step: RecordedStep,
  clientId: string | null,
  browsers: ReadonlySet<string>,
  all: readonly RecordedStep[],
  uses: readonly ClientUse[],
): boolean {
  if (step.clientId !== null && step.clientId === clientId) {
    if (step.browser && browsers.has(step.browser.toString('hex'))) return true;
    return isOwn(clientId) && new Set(uses.flatMap(({ userIds }) => userIds ?? [])).size <= 1;
  }
  // By the place alone: as long as one client was seen there, and that one is this attempt's.
  const there = all.filter((other) => sourceOf(other) === sourceOf(step)).flatMap((other) => other.clientId ?? []);
  return clientId !== null && new Set(there).size === 1 && there[0] === clientId;
}

/** When the client began its next attempt: what comes later is that one's. */
function nextUse(own: readonly RecordedStep[], uses: readonly ClientUse[]): Date | undefined {
  const first = own[0]!;
  return uses.find(({ attempt, began }) => attempt !== first.attempt && began > first.at)?.began;
}

/** A request without a token is how every tool begins, but not how one goes on that has got its token. */
function explained(steps: readonly TimelineStep[]): TimelineStep[] {
  const got = steps.findIndex(({ kind, failed }) => TOKEN_STEPS.includes(kind) && !failed);
  return steps.map((step, index) =>
    step.kind === 'challenge' && step.certain && got !== -1 && index > got
      ? { ...step, failed: true, rule: 'access-token-presented' as const }
      : step,
  );
}

const sourceOf = ({ address, userAgent }: { readonly address: string; readonly userAgent: string }) =>
  `${address}\n${userAgent}`;

/** What became of it. A page that failed after the tool was connected takes nothing back. */
export function outcomeOf(steps: readonly Pick<TimelineStep, 'kind' | 'failed'>[]): Outcome {
  const last = steps.at(-1);
  const connected = steps.some(({ kind, failed }) => (kind === 'token' || kind === 'call') && !failed);
  if (last?.failed && !(connected && !TOKEN_STEPS.includes(last.kind) && last.kind !== 'challenge')) return 'failed';
  return connected ? 'connected' : 'unfinished';
}
