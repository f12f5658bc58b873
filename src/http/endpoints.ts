import { PATHS } from '../config/paths.js';

/** Endpoints that programs call, with the methods each has. Everything else is for people in a browser. */
const PROGRAM_ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  [PATHS.mcp]: ['GET', 'POST', 'DELETE'],
  [PATHS.registration]: ['POST'],
  [PATHS.token]: ['POST'],
  [PATHS.revocation]: ['POST'],
  [PATHS.revocationFeed]: ['GET'],
  [PATHS.introspection]: ['POST'],
  [PATHS.jwks]: ['GET'],
  '/health/live': ['GET'],
  '/health/ready': ['GET'],
  '/metrics': ['GET'],
};
const WELL_KNOWN = /^(?:\/mcp)?\/\.well-known(?:\/|$)/;

/** The path of a request target, without its query. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** Programs get JSON, and CORS but for what operators ask; people get pages, and never CORS (oauth-v2-1-13 §3.1). */
export function isForPrograms(url: string): boolean {
  const path = pathOf(url);
  return Object.hasOwn(PROGRAM_ENDPOINTS, path) || WELL_KNOWN.test(path);
}

export function allowsCors(url: string): boolean {
  return isForPrograms(url) && !/^\/(?:health|metrics)/.test(url);
}

/** The methods of a program endpoint, for `Allow`; undefined where there is none. */
export function methodsOf(url: string): readonly string[] | undefined {
  const path = pathOf(url);
  return Object.hasOwn(PROGRAM_ENDPOINTS, path) ? PROGRAM_ENDPOINTS[path] : undefined;
}
