import type { Ring, StepKind } from '../database/entities/attempt-step.entity.js';
import type { NewStep } from '../database/repositories/attempt-steps.repository.js';
import type { Finding } from '../oauth/finding.js';
import { hashSecret } from '../oauth/secret.js';
import { visible, written } from '../oauth/visible.js';

/** Whose a step is. */
export interface Source {
  readonly kind: StepKind;
  readonly userId?: string;
  readonly grantId?: string;
  readonly address: string;
}

/** What else the edge saw of it. */
export interface Told {
  /** Present when it failed. Without a support code: nobody was shown one. */
  readonly failure?: { readonly finding: Finding; readonly supportCode?: string };
  readonly sent: Readonly<Record<string, unknown>>;
  readonly clientId?: string;
  readonly clientName?: string;
  /** Of the authorization request. */
  readonly requestId?: string;
  readonly organizationId?: string;
  /** The value of the browser's cookie. */
  readonly browser?: string;
  readonly userAgent: string;
}

export type Observed = Source & Told;

/** So long do steps of one tool belong together while nothing better tells. */
export const WINDOW_MS = 600_000;
const MOST_VALUES = 10;
const LONGEST = 200;
const LONGEST_ID = 1_000;
/** Steps that a browser takes, or that name a client: anybody can open the authorization endpoint, but few do. */
const OF_REQUESTS: readonly StepKind[] = [
  'document',
  'authorize',
  'log-in',
  'organization',
  'approval',
  'token',
  'refresh',
];

/** Strangers fill only rings of their own, so that they push out nothing of anybody who is logged in. */
export function ringOf({ kind, userId, grantId }: Omit<Source, 'address'>): Ring {
  if (userId !== undefined || grantId !== undefined) return 'person';
  return OF_REQUESTS.includes(kind) ? 'request' : 'stranger';
}

/**
 * Which attempt it belongs to. Before there is an authorization request: what a tool asks without saying who it is goes
 * by where it asks from, the rest by client and browser (or place), within ten minutes. Every node comes to the same.
 */
export function attemptOf(observed: Observed, at: Date): { readonly attempt: string; readonly loose: boolean } {
  const { kind, requestId, clientId = '', browser, address, userAgent } = observed;
  if (requestId !== undefined) return { attempt: requestId, loose: false };
  const discovering = ringOf({ kind }) === 'stranger';
  const who = discovering
    ? ['source', address, userAgent]
    : ['client', clientId, ...(browser === undefined ? [address, userAgent] : [browser])];
  const window = Math.floor(at.getTime() / WINDOW_MS);
  return { attempt: uuidOf(JSON.stringify([...who, window])), loose: true };
}

/** As it is stored: nothing in it acts on a terminal or page, and nothing is longer than what a person reads. */
export function stepOf(
  { kind, failure, sent, clientId, clientName, userId, organizationId, grantId, browser, ...from }: Observed,
  attempt: { readonly attempt: string; readonly loose: boolean },
  at: Date,
): NewStep {
  return {
    at,
    ...attempt,
    kind,
    failed: failure !== undefined,
    rule: failure?.finding.rule ?? null,
    compared: readable(failure?.finding.compared ?? {}),
    sent: readable(sent),
    supportCode: failure?.supportCode ?? null,
    clientId: clientId === undefined ? null : visible(clientId, LONGEST_ID),
    clientName: readableName(clientName),
    userId: userId ?? null,
    organizationId: organizationId ?? null,
    grantId: grantId ?? null,
    browser: browser === undefined ? null : hashSecret(browser),
    address: visible(from.address, LONGEST),
    userAgent: visible(from.userAgent, LONGEST),
  };
}

export function readableName(name: string | undefined): string | null {
  return name === undefined ? null : visible(name, LONGEST);
}

/** Names of ours, values of anybody. */
function readable(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.slice(0, MOST_VALUES).map(plain) : plain(value)]),
  );
}

function plain(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return visible(value.message, LONGEST);
  return visible(typeof value === 'string' ? value : written(value), LONGEST);
}

function uuidOf(text: string): string {
  const hex = hashSecret(text).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
