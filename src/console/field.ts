/** What a form field holds, if it is text that can be stored; else nothing. */
export function fieldOf(value: unknown): string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0') ? value : '';
}

/** What a list is searched by: part of a name or an address. */
export function searchOf(value: unknown): string {
  return fieldOf(value).trim().slice(0, 100);
}

/** Which list a form was sent from, as the query of its address; undefined: from none. */
export function listOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'string' ? Object.fromEntries(new URLSearchParams(fieldOf(value))) : undefined;
}

/**
 * The list at `here` again, as its query is, or else the page of the one: with the word that what was asked for is
 * done.
 */
export function backTo(here: string, id: string, list: Readonly<Record<string, string>> | undefined, done: string) {
  return `${list ? here : `${here}/${id}`}?${new URLSearchParams({ ...list, done })}`;
}
