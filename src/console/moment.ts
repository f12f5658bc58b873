/** A time as a page shows it: for people, and exactly. */
export interface Moment {
  readonly words: string;
  /** ISO 8601, for `datetime`. */
  readonly iso: string;
  /** The whole of it, for a tooltip. */
  readonly full: string;
}

const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** "3 hours ago", "in 30 days": past times are rounded down, coming ones up. */
export function moment(at: Date, now: Date): Moment {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  const words = unit ? RELATIVE.format(Math.ceil(seconds / unit[1]), unit[0]) : 'just now';
  return { words, iso: at.toISOString(), full: `${FULL.format(at)} UTC` };
}
