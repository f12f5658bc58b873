import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpBrowser } from '../../support/http-browser.js';
import { addPerson } from '../../support/people.js';
import { type Route, routeOf as routeAmong, routesOf } from '../../support/routes.js';
import { csrfOf, enter, type Walked, walkEverywhere } from '../../support/walked.js';
import type { TestServer } from '../../support/server.js';

/** Endpoints of programs: they send no cookie, so there is nothing to forge. */
const OF_PROGRAMS = ['token', 'revoke', 'introspect', 'register', 'authorize'].map((name) => `/mcp/oauth/${name}`);

let server: TestServer;
let browser: HttpBrowser;
let forms: Walked['forms'];
let walked: Walked;
/** Every route of a person that changes something. */
let ROUTES: Route[];

beforeAll(async () => {
  walked = await walkEverywhere();
  ({ server, browser, forms } = walked);
  ROUTES = routesOf(server.app).filter(({ method, path }) => method === 'POST' && !OF_PROGRAMS.includes(path));
});
afterAll(() => walked?.close());

const pathOf = ({ page, form }: Walked['forms'][number]) => new URL(form.action, page.url).pathname;
const routeOf = (path: string) => routeAmong(ROUTES, 'POST', path)?.path;
const state = async () => {
  const tables = [
    'grants',
    'projects',
    'deleted_projects',
    'organizations',
    'memberships',
    'users',
    'sessions',
    'denied_requests',
    'audit_events',
  ];
  return Promise.all(
    tables.map(async (table) => [
      table,
      await server.query(
        `SELECT count(*)::int AS rows, md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS digest FROM ${table} t`,
      ),
    ]),
  );
};

describe('W1 forms that did not come from a page of ours', () => {
  it('every route that changes something is among the forms below', () => {
    const covered = new Set(forms.map((one) => routeOf(pathOf(one))));
    expect(ROUTES.map(({ path }) => path).filter((path) => !covered.has(path))).toEqual([]);
    expect(ROUTES.length).toBeGreaterThan(10);
  });

  it('without a token, with a wrong one, another session’s, or from another site: 403, and nothing changes', async () => {
    const other = await addPerson(server.app, 'mallory@example.com', { organization: 'Evil' });
    const foreign = await csrfOf(server, await enter(server, other));
    const before = await state();
    for (const one of forms) {
      const url = new URL(one.form.action, one.page.url).href;
      const token = one.form.fields.find(({ name }) => name === 'csrf')!.value;
      const body = (csrf: string | undefined) => {
        const fields = one.form.fields
          .filter(({ name }) => name !== 'csrf')
          .map(({ name, value }) => [name, value || 'x'] as [string, string]);
        const button = one.form.buttons.find(({ name }) => name);
        if (button) fields.push([button.name!, button.value]);
        if (csrf !== undefined) fields.push(['csrf', csrf]);
        return new URLSearchParams(fields);
      };
      const attacks: [string, URLSearchParams, Record<string, string>][] = [
        ['no token', body(undefined), {}],
        ['an empty token', body(''), {}],
        ['a wrong token', body('A'.repeat(43)), {}],
        ['a part of the token', body(token.slice(0, 20)), {}],
        ['another session’s', body(foreign), {}],
        ['cross-site', body(token), { 'sec-fetch-site': 'cross-site' }],
        ['same-site', body(token), { 'sec-fetch-site': 'same-site' }],
        ['Origin', body(token), { 'sec-fetch-site': '', origin: 'https://evil.example' }],
      ];
      for (const [what, fields, headers] of attacks) {
        const { status } = await (headers['sec-fetch-site'] === ''
          ? withoutFetchSite(url, fields)
          : browser.post(url, fields, headers));
        expect({ what, route: routeOf(pathOf(one)), status }).toEqual({
          what,
          route: routeOf(pathOf(one)),
          status: 403,
        });
      }
    }
    expect(await state()).toEqual(before);
  }, 60_000);

  it('by GET nothing changes (W12)', async () => {
    const before = await state();
    for (const one of forms)
      for (const method of ['GET', 'HEAD'])
        await fetch(new URL(one.form.action, one.page.url).href, { method, redirect: 'manual', headers: cookies() });
    expect(await state()).toEqual(before);
  });
});

function cookies(): Record<string, string> {
  return { cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
}

function withoutFetchSite(url: string, body: URLSearchParams): Promise<{ status: number }> {
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...cookies(), 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
    body: body.toString(),
  });
}

it('H4 a field that holds an object, and no text, is refused: no form fails over it', async () => {
  const csrf = await csrfOf(server, browser);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const failed: string[] = [];
  for (const one of forms) {
    const isTyped = (type: string) => ['text', 'email', 'password', 'search', 'url'].includes(type);
    if (!one.form.fields.some(({ type }) => isTyped(type))) continue;
    const fields = one.form.fields.map(({ name, value, type }) => [name, isTyped(type) ? { toString: 1 } : value]);
    const { status } = await fetch(new URL(one.form.action, one.page.url), {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie },
      body: JSON.stringify({ ...Object.fromEntries(fields), csrf }),
    });
    if (status >= 500 || status === 403) failed.push(`${routeOf(pathOf(one))} ${status}`);
  }
  expect(failed).toEqual([]);
});
