/** Nothing invisible, and nothing that turns the reading direction. */
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+$/u;

export const MAX_NAME_LENGTH = 100;

/** What people may read as a name: 1 to 100 (or `max`) visible characters, trimmed; undefined otherwise. */
export function displayName(value: unknown, max = MAX_NAME_LENGTH): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.trim();
  return name.length > 0 && name.length <= max && VISIBLE.test(name) && name.isWellFormed() ? name : undefined;
}
