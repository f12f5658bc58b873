import type { Fault } from './faults.js';
import type { ToolProfile } from './tools.js';
import type { Answer } from './visit.js';

/** What one look found. Without a fault the tool gets by. */
export interface Observation {
  /** What was looked at. */
  readonly what: string;
  readonly fault?: Fault;
  /** What whoever runs the deployment may have meant so, and what follows from it. */
  readonly note?: string;
  /** What came instead, in a few words. */
  readonly found?: string;
}

/** A deployment that is looked at, and what has been learnt of it on the way. */
export interface Patient {
  /** The MCP endpoint, as a person gives it to a tool. */
  readonly url: string;
  readonly origin: string;
  readonly tool: ToolProfile;
  /** The time on this computer. */
  readonly now: () => Date;
  /** It answers at all. */
  reached?: true;
  /** The authorization server metadata, once it was found good. */
  server?: Readonly<Record<string, unknown>>;
  clientId?: string;
}

/** One look at it, which may learn something that the next ones need. */
export type Check = (patient: Patient) => AsyncGenerator<Observation>;

export const good = (what: string): Observation => ({ what });
export const noted = (what: string, note: string): Observation => ({ what, note });
/** `found` is the word of a stranger: one line, and nothing a terminal acts upon. */
export const bad = (what: string, fault: Fault, found: string): Observation => ({
  what,
  fault,
  found: found.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 400),
});

/** What came, in a few words. */
export function inShort({ status, headers, text }: Answer): string {
  const type = headers.get('content-type')?.split(';', 1)[0] ?? 'no content type';
  const location = headers.get('location');
  return [`${status}`, location ? `to ${location.slice(0, 200)}` : type, text.slice(0, 120)].filter(Boolean).join(', ');
}

/** The fault of an answer that is not the server's own word: `missing` for what should be there. */
export function faultOf({ status, headers, text, json }: Answer, missing: Fault): Fault {
  if (status >= 500) return json ? 'server-failing' : 'unreachable';
  if (status === 403 && /Host header/.test(text)) return 'host-refused';
  if (status >= 300 && status < 400) return headers.has('location') ? 'blocked-before' : missing;
  const isForeign = !json && ([401, 403, 429].includes(status) || /<html/i.test(text));
  return isForeign && status !== 404 ? 'blocked-before' : missing;
}
