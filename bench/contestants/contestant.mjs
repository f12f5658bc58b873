/** @typedef {import('../load.mjs').Sent} Sent */
/** @typedef {import('../load.mjs').Send} Send */
/** @typedef {{ access_token: string, refresh_token: string }} Tokens */

/**
 * A server that is measured: how it is started, and how each thing is asked of it. What it has no word for is undefined,
 * and is not measured there.
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} origin
 * @property {string} [databaseUrl]
 * @property {() => Promise<import('../processes.mjs').Running>} start
 * @property {(send: Send, count: number) => Promise<string[]>} [codes] so many authorization codes that wait to be exchanged
 * @property {(count: number) => Promise<string[]>} [accessTokens] of one that takes tokens without giving them, or gives too few in the time
 * @property {(code: string) => Sent} [exchange]
 * @property {(refreshToken: string) => Sent} [refresh]
 * @property {(tokens: Tokens) => Sent} [revoke]
 * @property {(send: Send) => Promise<Sent>} [introspect] of a live token
 * @property {() => Sent} [register]
 * @property {() => Sent} [metadata]
 * @property {(accessToken: string) => Sent} [bearer] answered with 405 once the token is accepted
 * @property {(accessToken: string) => Sent} [listTools]
 * @property {(send: Send) => Promise<void>} [logIn] the whole flow of a person, to the code
 */

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const JSON_TYPE = { 'content-type': 'application/json' };
export const REDIRECT_URI = 'http://127.0.0.1:53682/callback';
export const EMAIL = 'bench@example.com';
export const PASSWORD = 'a password of the bench';

/** Fillers around what is measured: no table is empty. */
export const FILLER = 50_000;

/** @param {string} path @param {Record<string, string>} parameters @param {Record<string, string>} [headers] @returns {Sent} */
export function form(path, parameters, headers = {}) {
  return {
    method: 'POST',
    path,
    headers: { ...FORM, ...headers },
    body: new URLSearchParams(parameters).toString(),
  };
}

/** @param {string} path @returns {Sent} */
export function registration(path) {
  return {
    method: 'POST',
    path,
    headers: JSON_TYPE,
    body: JSON.stringify({
      client_name: 'Bench',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  };
}

/** @param {string} path @param {string} accessToken @param {string} [host] when it is not the one that is asked @returns {Sent} */
export function bearer(path, accessToken, host) {
  return {
    path,
    headers: {
      authorization: `Bearer ${accessToken}`,
      accept: 'application/json, text/event-stream',
      ...(host && { host }),
    },
  };
}

/** `tools/list` of MCP. @param {string} path @param {string} accessToken @returns {Sent} */
export function listTools(path, accessToken) {
  return {
    method: 'POST',
    path,
    headers: { ...JSON_TYPE, ...bearer(path, accessToken).headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  };
}

/** @param {Send} send @param {Sent} sent @param {number} [status] @returns {Promise<any>} the JSON of the answer */
export async function ask(send, sent, status = 200) {
  const received = await send(sent);
  if (received.status !== status)
    throw new Error(`${sent.path}: ${received.status} instead of ${status}: ${received.body.slice(0, 500)}`);
  return received.body === '' ? undefined : JSON.parse(received.body);
}

/**
 * A browser of one person: cookies and redirects, and the forms of the pages.
 * @param {Send} send
 */
export function browse(send) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  /** @param {Sent} sent @returns {Promise<{ path: string, html: string } | { left: URL }>} */
  async function go(sent) {
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const received = await send({
        ...sent,
        headers: { ...sent.headers, 'sec-fetch-site': 'same-origin', ...(cookie && { cookie }) },
      });
      for (const line of [received.headers['set-cookie'] ?? []].flat()) {
        const pair = String(line.split(';', 1)[0]);
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const { location } = received.headers;
      if (received.status >= 400) throw new Error(`${sent.path}: ${received.status} ${received.body.slice(0, 500)}`);
      if (typeof location !== 'string') return { path: sent.path, html: received.body };
      if (location.startsWith(REDIRECT_URI)) return { left: new URL(location) };
      const next = new URL(location, 'http://here');
      sent = { path: next.pathname + next.search };
    }
    throw new Error('too many redirects');
  }
  return {
    /** @param {string} path */
    open: (path) => go({ path }),
    /** Sends the first form of the page. @param {Awaited<ReturnType<typeof go>>} page @param {Record<string, string>} values */
    submit(page, values) {
      if ('left' in page) throw new Error(`no form, but ${page.left}`);
      const [, head = '', inside = ''] = /<form\b([^>]*)>([\s\S]*?)<\/form>/.exec(page.html) ?? [];
      const action = (/action="([^"]*)"/.exec(head)?.[1] ?? page.path)
        .replaceAll('&amp;', '&')
        .replaceAll('&#x3D;', '=');
      const csrf = /name="csrf" value="([^"]*)"/.exec(inside)?.[1];
      const next = new URL(action, 'http://here');
      return go(form(next.pathname + next.search, { ...(csrf && { csrf }), ...values }));
    },
  };
}

/** The code of a page that left for the redirect URI. @param {{ left: URL } | { html: string }} page */
export function codeOf(page) {
  const code = 'left' in page ? page.left.searchParams.get('code') : null;
  if (!code) throw new Error(`no code: ${'left' in page ? page.left : page.html.slice(0, 500)}`);
  return code;
}
