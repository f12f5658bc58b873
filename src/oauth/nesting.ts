/**
 * Deeper than anything that is read here: what walks through a value one call a level would come to the end of its
 * stack.
 */
const MOST_LEVELS = 32;

/** Whether a JSON value is nested too deeply to be looked at. */
export function isTooDeep(value: unknown, levels = MOST_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isTooDeep(one, levels - 1));
}
