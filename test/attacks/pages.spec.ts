import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, PASSWORD } from '../support/people.js';
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
});
