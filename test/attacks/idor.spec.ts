import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Usage } from '../../src/usage/usage.service.js';
import type { HttpBrowser, WebPage } from '../support/http-browser.js';
import { addPerson, type Person } from '../support/people.js';
import { type Route, routeOf, routesOf } from '../support/routes.js';
import { csrfOf, enter, type Walked, walkEverywhere } from '../support/walked.js';

/**
 * O8: every route of every controller that has an id in its address, asked by those whose id it is not. The addresses
 * come from the pages of the walks in `test/walks`: a new route joins when a page there links to it, has a form for it,
 * or is it. One that none of them shows fails the first test.
 */

/** Parameters that name nothing of anybody. */
const OF_NOBODY = ['/assets/:name', '/language/:locale'];
/** What a member may see and do in their organization as everybody there may. */
const OF_MEMBERS = ['GET /console/organizations/:id/members', 'POST /console/organizations/:id/select'];
/** What is written down beside requests, whatever they come to. */
const BESIDE = ['attempt_rings', 'attempt_steps', 'audit_chain', 'rate_limits'];

interface Target {
  readonly route: Route;
  readonly path: string;
  readonly query: string;
  /** Fields of the form that acts there, without its token. */
  readonly fields: readonly (readonly [string, string])[];
}

let walked: Walked;
let routes: Route[];
let targets: Target[];
let stranger: HttpBrowser;
let member: HttpBrowser;
let foreigner: HttpBrowser;
let elsewhere: Person;

beforeAll(async () => {
  walked = await walkEverywhere();
  const { server, person } = walked;
  routes = routesOf(server.app).filter(({ path }) => path.includes(':') && !OF_NOBODY.includes(path));
  targets = targetsOf(walked);
  stranger = await enter(server, await addPerson(server.app, 'stranger@example.com', { none: true }));
  member = await enter(
    server,
    await addPerson(server.app, 'member@example.com', { into: person.organizationId, role: 'member' }),
  );
  elsewhere = await addPerson(server.app, 'foreigner@example.com', { organization: 'Elsewhere' });
  foreigner = await enter(server, elsewhere);
  // The calls of the walks are written down before anything is compared.
  await server.app.get(Usage, { strict: false }).flush();
});
afterAll(() => walked?.close());

/** Each route with ids once, as the person's own pages lead to it. */
function targetsOf({ server, pages, forms }: Walked): Target[] {
  const all = routesOf(server.app);
  const found = new Map<string, Target>();
  const add = (method: string, address: string, fields: Target['fields']) => {
    const { origin, pathname: path, search: query } = new URL(address, server.origin);
    const route = origin === server.origin ? routeOf(all, method, path) : undefined;
    if (route && routes.includes(routes.find((one) => key(one) === key(route))!) && !found.has(key(route)))
      found.set(key(route), { route, path, query, fields });
  };
  for (const { page, form } of forms) add('POST', new URL(form.action, page.url).href, fieldsOf(form));
  for (const page of pages) {
    add('GET', page.url, []);
    for (const [, href] of page.html.matchAll(/href="(\/[^"]*)"/g))
      add(
        'GET',
        href!.replace(/&amp;|&#x3D;/g, (entity) => (entity === '&amp;' ? '&' : '=')),
        [],
      );
  }
  return [...found.values()];
}

const key = ({ method, path }: Route) => `${method} ${path}`;
const fieldsOf = ({ fields, buttons }: Walked['forms'][number]['form']) => [
  ...fields.filter(({ name }) => name !== 'csrf').map(({ name, value }) => [name, value || 'x'] as const),
  ...buttons.filter(({ name }) => name).map(({ name, value }) => [name!, value] as const),
];

/** The ids in the path, in the order of the parameters. Parameters that are a choice of ours are none. */
function idsOf({ route, path }: Target): string[] {
  const parts = path.split('/');
  return route.path
    .split('/')
    .flatMap((part, index) => (part.startsWith(':') && part !== ':act' ? [parts[index]!] : []));
}

/** Of the same shape, and nobody's. */
function unknownLike(id: string): string {
  if (/^[0-9a-f]{8}-/.test(id)) return randomUUID();
  return /^[0-9a-f]+$/.test(id)
    ? randomBytes(id.length / 2).toString('hex')
    : randomBytes(id.length).toString('base64url').slice(0, id.length);
}

const ask = async (
  browser: HttpBrowser,
  { route, query, fields }: Target,
  path: string,
  csrf: string,
): Promise<WebPage> =>
  route.method === 'GET'
    ? browser.get(walked.server.origin + path + query)
    : browser.post(walked.server.origin + path + query, formOf(fields, csrf));

/** Choices of a list are not among a form's fields here: whoever may would make a member of somebody. */
const formOf = (fields: Target['fields'], csrf: string) =>
  new URLSearchParams(Object.fromEntries([['role', 'member'], ...fields, ['csrf', csrf]]) as Record<string, string>);

/** What the page says, without what differs each time. */
const said = ({ html }: WebPage, ...ids: string[]) =>
  ids
    .reduce((text, id) => text.replaceAll(id, 'ID'), html)
    .replace(/name="csrf" value="[^"]*"/g, '')
    .replace(/\b[A-HJ-NP-Z2-9]{10}\b/g, 'CODE');

const state = async () => {
  const tables = await walked.server.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  );
  return Promise.all(
    tables
      .filter(({ tablename }) => !BESIDE.includes(tablename))
      .map(async ({ tablename }) => [
        tablename,
        await walked.server.query(
          // When a session was last seen is its own browser's doing.
          `SELECT md5(coalesce(string_agg(row, '' ORDER BY row), '')) AS digest
             FROM (SELECT (to_jsonb(t) - 'last_seen_at')::text AS row FROM "${tablename}" t) rows`,
        ),
      ]),
  );
};

describe('O8 E13 ids of somebody else', () => {
  it('every route with an id in its address is shown by a walk', () => {
    const shown = new Set(targets.map(({ route }) => key(route)));
    expect(routes.map(key).filter((one) => !shown.has(one))).toEqual([]);
    expect(routes.length).toBeGreaterThan(20);
    const all = routesOf(walked.server.app);
    for (const path of OF_NOBODY) expect(all.map((one) => one.path)).toContain(path);
    for (const one of OF_MEMBERS) expect(routes.map(key)).toContain(one);
  });

  it('nobody is led to log in, whatever the id', async () => {
    const before = await state();
    for (const { route, path, query } of targets) {
      for (const address of [path + query, path.replace(/[0-9a-f-]{36}/, randomUUID())]) {
        const { status, headers } = await fetch(walked.server.origin + address, {
          method: route.method,
          redirect: 'manual',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          ...(route.method === 'POST' && { body: '' }),
        });
        expect({ route, status, to: headers.get('location') }).toEqual({
          route,
          status: 303,
          to: expect.stringMatching(/^\/console\/login\?return=/),
        });
      }
    }
    expect(await state()).toEqual(before);
  });

  it.each(['a stranger', 'a member', 'an owner of another organization'])(
    '%s finds what one finds for an id that does not exist, and changes nothing',
    async (who) => {
      const browser = { 'a stranger': stranger, 'a member': member }[who] ?? foreigner;
      const csrf = await csrfOf(walked.server, browser);
      const before = await state();
      for (const target of targets) {
        if (who === 'a member' && OF_MEMBERS.includes(key(target.route))) continue;
        const ids = idsOf(target);
        const unknown = ids.map(unknownLike);
        const other = ids.reduce((path, id, index) => path.replace(id, unknown[index]!), target.path);
        const [theirs, nobodys] = [
          await ask(browser, target, target.path, csrf),
          await ask(browser, target, other, csrf),
        ];
        expect({ route: target.route, theirs: theirs.status, nobodys: nobodys.status }).toEqual({
          route: target.route,
          theirs: 404,
          nobodys: 404,
        });
        expect(said(theirs, ...ids)).toBe(said(nobodys, ...unknown));
        for (const nonsense of ['nonsense', '%00', '..%2f..', '0'])
          expect((await ask(browser, target, target.path.replace(ids.at(-1)!, nonsense), csrf)).status).toBe(404);
      }
      expect(await state()).toEqual(before);
    },
  );

  it('an owner elsewhere, by way of their own organization: what is not in it is not found there', async () => {
    const { organizationId: here, email } = walked.person;
    const csrf = await csrfOf(walked.server, foreigner);
    const nested = targets.filter(
      (target) => target.path.includes(here) && (idsOf(target).length > 1 || /[0-9a-f]{8}-/.test(target.query)),
    );
    expect(nested.length).toBeGreaterThan(3);
    const before = await state();
    for (const target of nested) {
      const page = await ask(foreigner, target, target.path.replace(here, elsewhere.organizationId), csrf);
      expect({ route: target.route, status: page.status }).toEqual({ route: target.route, status: 404 });
      expect(page.html).not.toContain(email);
    }
    expect(await state()).toEqual(before);
  });
});
