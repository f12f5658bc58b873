/** What a form field holds, if it is text that can be stored; else nothing. */
export function fieldOf(value: unknown): string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0') ? value : '';
}
