import { isIP } from 'node:net';

const MAX_LENGTH = 2048;

/** Whether a client id asks to be read as the URL of a document (draft-ietf-oauth-client-id-metadata-document §3). */
export function isDocumentUrl(clientId: string): boolean {
  return /^https:\/\//i.test(clientId);
}

/**
 * Why no document is fetched from this URL; undefined when it may be. `allowedHosts`: private ones, for development.
 */
export function documentUrlFault(url: string, allowedHosts: readonly string[]): string | undefined {
  if (url.length > MAX_LENGTH || !URL.canParse(url)) return 'it is not a URL';
  const { protocol, username, password, pathname, hash, hostname, port, host, href } = new URL(url);
  if (protocol !== 'https:') return 'it is not https';
  if (username || password || url.includes('@')) return 'it has a user';
  if (hash || url.includes('#')) return 'it has a fragment';
  if (pathname === '/') return 'it has no path';
  // What was written is what is requested: dot segments, upper case and the like would be two names for one thing.
  if (href !== url || /%2e/i.test(url) || url.includes('\\')) return 'it is not in its plain form';
  if (hostname.endsWith('.')) return 'its host ends with a dot';
  if (allowedHosts.includes(host)) return undefined;
  if (port !== '') return 'it has a port';
  if (isIP(hostname.replace(/^\[|\]$/g, '')) || !hostname.includes('.')) return 'its host is not a public name';
  return undefined;
}
