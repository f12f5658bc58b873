/** Nothing invisible, and nothing that turns the reading direction. */
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+$/u;

export const MAX_NAME_LENGTH = 100;

/** What a person or a tool may call an organization or a project: 1 to 100 visible characters, trimmed; undefined otherwise. */
export function displayName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.trim();
  return name.length > 0 && name.length <= MAX_NAME_LENGTH && VISIBLE.test(name) && name.isWellFormed()
    ? name
    : undefined;
}
