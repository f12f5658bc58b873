import type { DayOfUse } from '../database/repositories/connection-usage.repository.js';
import { DAY_MS, SHOWN_DAYS } from '../usage/periods.js';

/** A chart of days as the view draws it, and the same as the rows of a table. */
export interface UsageChart {
  readonly total: number;
  readonly failures: number;
  /** In the units of the view box, which is `WIDTH` by `HEIGHT`. */
  readonly bars: readonly {
    readonly x: number;
    readonly y: number;
    readonly height: number;
    readonly failedY: number;
    readonly failedHeight: number;
  }[];
  /** Days something was called on, the latest first. */
  readonly rows: readonly DayOfUse[];
}

const STEP = 20;
const HEIGHT = 100;
/** A day with a single call is still to be seen. */
const LEAST = 2;

/** From when on days are shown: whole ones, and today. */
export function shownSince(now: Date): Date {
  return new Date((Math.floor(now.getTime() / DAY_MS) - SHOWN_DAYS + 1) * DAY_MS);
}

/** Days that are missing had no calls. */
export function usageChart(found: readonly DayOfUse[], now: Date): UsageChart {
  const byDay = new Map(found.map((one) => [one.day, one]));
  const first = shownSince(now).getTime();
  const days = Array.from({ length: SHOWN_DAYS }, (_, n) => {
    const day = new Date(first + n * DAY_MS).toISOString().slice(0, 10);
    return byDay.get(day) ?? { day, calls: 0, failures: 0 };
  });
  const most = Math.max(1, ...days.map(({ calls }) => calls));
  const scaled = (n: number) => (n === 0 ? 0 : Math.max(LEAST, Math.round((n / most) * HEIGHT)));
  return {
    total: days.reduce((sum, { calls }) => sum + calls, 0),
    failures: days.reduce((sum, { failures }) => sum + failures, 0),
    bars: days.map(({ calls, failures }, n) => {
      const [height, failedHeight] = [scaled(calls), scaled(failures)];
      return { x: n * STEP, y: HEIGHT - height, height, failedY: HEIGHT - failedHeight, failedHeight };
    }),
    rows: days.filter(({ calls }) => calls > 0).toReversed(),
  };
}
