export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Hours of usage are kept this long. */
export const RETENTION_MS = 90 * DAY_MS;
/** What charts and sums look back. */
export const SHOWN_DAYS = 30;
/** A connection that was not used for this long is dormant. */
export const DORMANT_MS = 30 * DAY_MS;
/** A permission that was not used for this long is not needed, … */
export const UNUSED_MS = 60 * DAY_MS;
/** … or since the tool was connected, when that is at least this long ago. */
export const OBSERVED_MS = 14 * DAY_MS;
