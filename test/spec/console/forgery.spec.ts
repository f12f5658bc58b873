import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FirstOperator } from '../../../src/accounts/first-operator.service.js';
import type { FormWalk } from '../../support/form-walk.js';
import { HttpBrowser, type WebForm, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

/** Every route of a person that changes something, read from the controllers, so that a new one cannot be forgotten. */
const ROUTES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.controller.ts'))
  .flatMap((file) => {
    const text = readFileSync(join('src', file), 'utf8');
    const base = /@Controller\('([^']*)'\)/.exec(text)?.[1] ?? '';
    return [...text.matchAll(/@Post\((?:'([^']*)')?\)/g)].map(
      ([, path]) => `/${[base, path].filter(Boolean).join('/')}`,
    );
  })
  .filter(
    (path) =>
      ![
        '/mcp/oauth/token',
        '/mcp/oauth/revoke',
        '/mcp/oauth/introspect',
        '/mcp/oauth/register',
        '/mcp/oauth/authorize',
      ].includes(path),
  )
  .toSorted();

let server: TestServer;
let person: Person;
let browser: HttpBrowser;
let mailbox: Mailbox;
let forms: { page: WebPage; form: WebForm }[];

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({
    database: 'postgres',
    variables: { RATE_LIMITS: 'off', SIGN_UP: 'open', ...mailbox.variables },
  });
  browser = new HttpBrowser();
  const setupLink = (await server.app.get(FirstOperator, { strict: false }).setupLink())!;
  const pages = [await browser.get(setupLink)];
  person = await addPerson(server.app, 'ann@example.com');
  // Further areas add theirs by a file of their own.
  for (const file of ['console.ts', ...readdirSync('test/walks').filter((name) => name !== 'console.ts')]) {
    const { walk } = (await import(`../../walks/${file}`)) as { walk: FormWalk };
    pages.push(...(await walk({ server, browser, person, mailbox })));
  }
  for (const page of pages.slice()) {
    for (const [, href] of page.html.matchAll(/href="(\/console\/[^"]+\/(?:disconnect|delete))"/g))
      pages.push(await browser.get(server.origin + href));
  }
  forms = pages.flatMap((page) => page.forms.filter(({ method }) => method === 'post').map((form) => ({ page, form })));
});
afterAll(async () => {
  await server?.close();
  await mailbox?.close();
});

const pathOf = ({ page, form }: { page: WebPage; form: WebForm }) => new URL(form.action, page.url).pathname;
const routeOf = (path: string) => ROUTES.find((route) => new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`).test(path));
const state = async () => {
  const tables = [
    'grants',
    'projects',
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
    expect(ROUTES.filter((route) => !covered.has(route))).toEqual([]);
    expect(ROUTES.length).toBeGreaterThan(10);
  });

  it('without a token, with a wrong one, another session’s, or from another site: 403, and nothing changes', async () => {
    const other = new HttpBrowser();
    await addPerson(server.app, 'mallory@example.com', { organization: 'Evil' });
    await other.submit(await other.get(`${server.origin}/console/login`), 'Log in', {
      email: 'mallory@example.com',
      password: PASSWORD,
    });
    const foreign = (await other.get(`${server.origin}/console`)).forms[0]!.fields.find(
      ({ name }) => name === 'csrf',
    )!.value;
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

describe('O8 ids of somebody else', () => {
  it('are not found, and nothing changes', async () => {
    const mallory = new HttpBrowser();
    await mallory.submit(await mallory.get(`${server.origin}/console/login`), 'Log in', {
      email: 'mallory@example.com',
      password: PASSWORD,
    });
    const csrf = (await mallory.get(`${server.origin}/console`)).forms[0]!.fields.find(
      ({ name }) => name === 'csrf',
    )!.value;
    const withIds = forms.filter((one) => routeOf(pathOf(one))?.includes(':id'));
    expect(withIds.length).toBeGreaterThan(3);
    const before = await state();
    for (const one of withIds) {
      for (const url of [
        new URL(one.form.action, one.page.url).href,
        `${server.origin}${pathOf(one).replace(/[0-9a-f-]{36}/, '00000000-0000-4000-8000-000000000000')}`,
        `${server.origin}${pathOf(one).replace(/[0-9a-f-]{36}/, 'nonsense')}`,
      ]) {
        const page = await mallory.post(url, new URLSearchParams({ csrf, name: 'P' }));
        expect({ url, status: page.status }).toEqual({ url, status: 404 });
      }
    }
    for (const { page } of withIds)
      if (/\/(disconnect|delete)$/.test(page.url)) expect((await mallory.get(page.url)).status).toBe(404);
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
