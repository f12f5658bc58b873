import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser, textOf, type WebPage } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, PASSWORD } from '../support/people.js';
import { rawHttp } from '../support/raw-http.js';
import { routesOf } from '../support/routes.js';
import { startServer, type TestServer } from '../support/server.js';
import { csrfOf, enter } from '../support/walked.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
});
afterAll(() => server?.close());

describe('W: pages', () => {
  it('W2 nobody is logged in as somebody else by a form that the other one opened', async () => {
    const mallory = await addPerson(server.app, 'mallory@example.com');
    const client = await OAuthClient.register(server.origin);
    for (const open of [`${server.origin}/console/login`, client.authorizeUrl()]) {
      const prepared = (await new HttpBrowser().get(open)).forms.find(({ buttons }) =>
        buttons.some(({ label }) => label === 'Log in'),
      )!;
      const csrf = prepared.fields.find(({ name }) => name === 'csrf')!.value;
      const victim = new HttpBrowser();
      const own = await victim.get(open);
      const action = new URL(own.forms[0]!.action, server.origin).href;
      const before = victim.cookies.get('bkend-session');
      for (const token of [csrf, '']) {
        const page = await victim.post(
          action,
          new URLSearchParams({ email: mallory.email, password: PASSWORD, csrf: token }),
        );
        expect([open, page.status]).toEqual([open, 403]);
      }
      expect(victim.cookies.get('bkend-session')).toBe(before);
    }
    expect(await server.query('SELECT 1 FROM sessions')).toEqual([]);
  });

  it('W1 a token in another spelling, or a part of it, is none', async () => {
    const ann = await addPerson(server.app, 'abe@example.com');
    const browser = await enter(server, ann);
    const csrf = await csrfOf(server, browser);
    const press = (token: string) =>
      browser.post(`${server.origin}/console/logout`, new URLSearchParams({ csrf: token }));
    for (const token of [csrf.slice(0, 22), `${csrf}!!!!`, `${csrf}=`, ''])
      expect((await press(token)).status).toBe(403);
    expect((await press(csrf)).status).toBe(200);
  });

  it('W13 no header and no field makes another method or another address of a request', async () => {
    const ann = await addPerson(server.app, 'ann@example.com');
    const browser = await enter(server, ann);
    const csrf = await csrfOf(server, browser);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const count = () =>
      server.query('SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM projects) AS projects');
    const before = await count();
    for (const headers of [
      { 'x-http-method-override': 'POST' },
      { 'x-http-method': 'POST' },
      { 'x-method-override': 'POST' },
      { 'x-original-url': '/console/logout' },
      { 'x-rewrite-url': '/console/logout' },
    ] as Record<string, string>[]) {
      const url = `${server.origin}/console/projects?_method=POST&name=X&csrf=${csrf}`;
      const page = await fetch(url, { headers: { cookie, ...headers } });
      expect([headers, page.status, await page.text()]).toEqual([
        headers,
        200,
        expect.stringContaining('Create project'),
      ]);
    }
    for (const method of ['DELETE', 'PUT', 'PATCH'])
      expect((await fetch(`${server.origin}/console/logout`, { method, headers: { cookie } })).status).toBe(404);
    const overridden = await fetch(`${server.origin}/console/organizations`, {
      method: 'DELETE',
      headers: { cookie, 'x-http-method-override': 'GET' },
    });
    expect(overridden.status).toBe(404);
    expect(await count()).toEqual(before);
  });

  it('W10 no protected page opens by another spelling of its address', async () => {
    const pages = routesOf(server.app)
      .filter(({ method, path }) => method === 'GET' && path.startsWith('/console'))
      .map(({ path }) => path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000'));
    const asked = async (path: string) => {
      const answer = await rawHttp(server.origin, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const [, status] = /^HTTP\/1\.1 (\d+)/.exec(answer)!;
      return status === '303' && /\r\nlocation: \S*\/console\/login/i.test(answer) ? 'log in' : Number(status);
    };
    let protectedPages = 0;
    for (const path of pages) {
      if ((await asked(path)) !== 'log in') continue;
      protectedPages++;
      const [, rest] = /^\/console(.*)$/.exec(path)!;
      for (const spelling of [
        `/${path}`,
        `${path}/`,
        `${path};x`,
        `/.${path}`,
        `/x/..${path}`,
        `${path}.json`,
        `${path}?`,
        `${path}%2f`,
        `/CONSOLE${rest}`,
        `/%63onsole${rest}`,
        `//console/${rest}`,
        `${path}%00`,
        `${path}/..;/login`,
      ])
        expect(['log in', 400, 404].map((answer) => [spelling, answer])).toContainEqual([
          spelling,
          await asked(spelling),
        ]);
    }
    expect(protectedPages).toBeGreaterThan(40);
  });

  it('W11 a page loads nothing but its own style and says so; nothing in it is inline', async () => {
    const eve = await addPerson(server.app, 'eve@example.com');
    const client = await OAuthClient.register(server.origin);
    const { page } = await client.toApproval(eve);
    for (const { html, headers } of [page, await new HttpBrowser().get(`${server.origin}/console/login`)]) {
      const policy = headers.get('content-security-policy')!;
      const directives = new Map(policy.split(';').map((one) => one.trim().split(/ (.*)/s) as [string, string]));
      expect([directives.get('default-src'), directives.get('base-uri')]).toEqual(["'none'", "'none'"]);
      expect(directives.get('frame-ancestors')).toBe("'none'");
      // The redirect after approval goes to the tool, wherever that is: `form-action` would stop it.
      const leaves = html.includes('value="approve"');
      expect(directives.get('form-action')).toBe(leaves ? undefined : "'self'");
      expect(policy).not.toMatch(/unsafe|\*|https?:|(?:default|style|script)-src[^;]*data:/);
      expect(html).not.toMatch(/<script(?![^>]* src="\/assets\/)|<style| style=| on[a-z]+="|javascript:/);
    }
  });

  it('W17 a step that is posted empty stays where it is', async () => {
    const zoe = await addPerson(server.app, 'zoe@example.com', { organization: 'Zoe & Co' });
    await addPerson(server.app, 'other@example.com', { into: zoe.organizationId });
    const client = await OAuthClient.register(server.origin);
    const browser = new HttpBrowser();
    const bare = async (page: WebPage, label: string) => {
      const form = page.forms.find(({ buttons }) => buttons.some((button) => button.label === label))!;
      const csrf = form.fields.find(({ name }) => name === 'csrf')!.value;
      return browser.post(new URL(form.action, page.url).href, new URLSearchParams({ csrf }));
    };
    const login = await browser.get(client.authorizeUrl());
    expect((await bare(login, 'Log in')).html).toContain('Password');
    expect(browser.cookies.has('bkend-session')).toBe(false);
    const organization = await browser.submit(login, 'Log in', { email: zoe.email, password: PASSWORD });
    const still = await bare(organization, 'Continue');
    expect([still.status, textOf(still.html)]).toEqual([400, expect.stringContaining('Zoe & Co')]);
    const approval = await browser.submit(organization, 'Continue', { organization: zoe.organizationId });
    const unanswered = await bare(approval, 'Approve');
    expect(unanswered.leftTo).toBeUndefined();
    expect(unanswered.status).toBe(400);
    expect(await server.query('SELECT 1 FROM grants WHERE user_id = $1', [zoe.id])).toEqual([]);
  });
});
