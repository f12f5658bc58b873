/** Deeper than anything that is read here: what walks through a value one call a level would come to the end of its stack. */
const MOST_LEVELS = 32;

/** Whether a JSON value is nested too deeply to be looked at. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= MOST_LEVELS; depth++) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}
