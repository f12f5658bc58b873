/** Where to go after log-in: a page of the console, and nothing else, whatever the link said. */
export function returnPath(value: unknown): string {
  const path = pagePath(value);
  return path?.startsWith('/console') ? path : '/console';
}

/** A page of this server that a link names; undefined for anything else. */
export function pagePath(value: unknown): string | undefined {
  const isPage =
    typeof value === 'string' &&
    value.length <= 8_000 &&
    /^\/(?:console|mcp\/oauth\/authorize)(?:[/?][\x21\x23-\x5b\x5d-\x7e]*)?$/.test(value);
  return isPage ? value : undefined;
}
