/** Where to go after log-in: a page of the console, and nothing else, whatever the link said. */
export function returnPath(value: unknown): string {
  return typeof value === 'string' && value.length <= 1000 && /^\/console(?:[/?][\x21-\x5b\x5d-\x7e]*)?$/.test(value)
    ? value
    : '/console';
}
