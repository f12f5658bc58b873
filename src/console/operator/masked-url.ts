const MASK = '•••';

/**
 * Where a URL leads, without who goes there and with which parameters: either may be a secret. A password with a raw `/`, `?` or `#` in it
 * is read as something else, and leaves its `@` behind: of such a URL nothing but the scheme is shown.
 */
export function maskedUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const scheme = /^[a-z]+:\/\//i.exec(value)?.[0] ?? '';
  if (!url || `${url.pathname}${url.search}${url.hash}`.includes('@')) return scheme + MASK;
  const who = url.username || url.password ? `${MASK}@` : '';
  return `${scheme}${who}${url.host}${url.pathname}${url.search ? `?${MASK}` : ''}`;
}
