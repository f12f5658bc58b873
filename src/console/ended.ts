import { STALE_MS } from '../grants/revocations.service.js';
import { type Text, text } from '../texts/text.js';

/**
 * Within which every node that reaches the database refuses a revoked connection; one that does not, within `STALE_MS`.
 */
const DEAD_WITHIN_MS = 2_000;

/**
 * Tells the page after a redirect how many connections were ended, and by when their tokens are dead. `at`: when it was
 * done. Up to the whole second that is shown, so that what is said is true.
 */
export function endedQuery(count: number, at: Date): string {
  return `ended=${count}&by=${Math.ceil((at.getTime() + DEAD_WITHIN_MS) / 1000) * 1000}`;
}

/** Only numbers of the query are shown, and only while they can be true. */
export function endedNotice({ ended, by }: Readonly<Record<string, unknown>>, now: Date): Text | undefined {
  const [count, at] = [Number(ended), Number(by)];
  const recent = Number.isSafeInteger(count) && count > 0 && Math.abs(at - now.getTime()) < 3_600_000;
  if (!recent) return undefined;
  return text('ai.ended', { count, time: timeOf(at), last: timeOf(at - DEAD_WITHIN_MS + STALE_MS) });
}

const timeOf = (at: number) => new Date(at).toISOString().slice(11, 19);
