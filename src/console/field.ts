/** What a form field holds, if it is text that can be stored; else nothing. */
export function fieldOf(value: unknown): string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0') ? value : '';
}

/** What a list is searched by: part of a name or an address. */
export function searchOf(value: unknown): string {
  return fieldOf(value).trim().slice(0, 100);
}
