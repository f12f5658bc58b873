import { expect } from '@jest/globals';
import type { WebPage } from './http-browser.js';
import type { Answer } from './oauth-client.js';

/** An error page of the authorization server: no redirect, no code, the target offered nowhere. */
export function expectPage400(page: WebPage): void {
  expect({ url: page.url, status: page.status, leftTo: page.leftTo }).toEqual({
    url: page.url,
    status: 400,
    leftTo: undefined,
  });
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(linkOf(page)).toBeUndefined();
  expect(page.html).toContain('Support code');
}

/**
 * An error page that offers to go back: the client and its redirect URI were proven, but its identity is not, so there
 * is no redirect before the person decides. Returns the parameters the tool would receive.
 */
export function expectRefusal(page: WebPage, error: string): URLSearchParams {
  expect({ url: page.url, status: page.status, leftTo: page.leftTo }).toEqual({
    url: page.url,
    status: 400,
    leftTo: undefined,
  });
  const link = linkOf(page);
  expect(link).toBeDefined();
  const parameters = new URL(link!).searchParams;
  expect({ url: page.url, error: parameters.get('error'), code: parameters.get('code') }).toEqual({
    url: page.url,
    error,
    code: null,
  });
  expect(parameters.getAll('iss')).toEqual([`${new URL(page.url).origin}/mcp`]);
  return parameters;
}

/** An OAuth error as JSON, stored by nobody, without a token. */
export function expectError({ status, headers, json }: Answer, error: string, expectedStatus = 400): void {
  expect({ status, error: json['error'] }).toEqual({ status: expectedStatus, error });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  expect(json).not.toHaveProperty('access_token');
  expect(json['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
}

/** The challenge of the MCP endpoint: `error` only when a token was sent (RFC 6750 §3.1). */
export function expectChallenge(
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  origin: string,
  error?: string,
): void {
  const challenge = headers.get('www-authenticate') ?? '';
  expect({ status, error: /error="([^"]+)"/.exec(challenge)?.[1] }).toEqual({ status: 401, error });
  expect(challenge).toMatch(/^Bearer /);
  // Some tools split at every comma.
  for (const [value] of challenge.matchAll(/"[^"]*"/g)) expect(value).not.toContain(',');
  expect(challenge).toContain(`resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`);
  expect(headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate/i);
}

function linkOf({ html }: WebPage): string | undefined {
  const href = /<a class="button quiet" href="([^"]+)"/
    .exec(html)?.[1]
    ?.replace(/&amp;/g, '&')
    .replace(/&#x3D;/g, '=');
  return href?.startsWith('/') ? undefined : href;
}
