import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

const MARKUP = `"><img src=x onerror=alert(1)></title></textarea><svg onload=alert(1)><script>alert(1)</script>'\u2028`;

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe('names that are markup, in Chromium with script', () => {
  it('X1 are text on every page: no dialog, no node, nothing loaded', async () => {
    const name = MARKUP.replace('\u2028', '').slice(0, 100);
    const ann = await addPerson(server.app, 'ann@example.com', { organization: name });
    await server.query('UPDATE users SET name = $1, operator = true WHERE id = $2', [name, ann.id]);
    const tool = await OAuthClient.register(server.origin, { client_name: name });
    const { access_token } = await tool.connect(ann);
    const create = { name: 'create_project', arguments: { name } };
    expect((await callMcp(server.origin, access_token, 'tools/call', create)).status).toBe(200);
    const [grant] = await server.query<{ id: string; client_id: string }>('SELECT id, client_id FROM grants');

    const page = await (await browser.newContext({ bypassCSP: true })).newPage();
    const happened: string[] = [];
    page.on('dialog', (dialog) => {
      happened.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.endsWith('/x')) happened.push(request.url());
    });
    const expectText = async () => {
      expect(await page.locator('img, iframe, object, [onload], [onerror], script:not([src])').count()).toBe(0);
      expect(happened).toEqual([]);
    };
    await page.goto(tool.again().authorizeUrl());
    await expectText();
    await logIn(page, ann);
    await page.getByRole('radio').first().check();
    await expectText();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await expectText();
    const organization = `organizations/${ann.organizationId}`;
    const seen: string[] = [];
    for (const path of [
      '',
      '/organizations',
      '/connections',
      `/connections/${grant!.id}`,
      '/projects',
      '/account',
      ...['members', 'connections', `connections/${grant!.id}`, 'policy', 'attempts', 'usage', 'audit'].map(
        (tab) => `/${organization}/${tab}`,
      ),
      ...[
        'people',
        `people/${ann.id}`,
        'clients',
        `clients/${grant!.client_id}`,
        'organizations',
        'attempts',
        'audit',
      ].map((tab) => `/operator/${tab}`),
      `/operator/${organization}`,
    ]) {
      const response = await page.goto(`${server.origin}/console${path}`);
      expect([path, response!.status()]).toEqual([path, 200]);
      await expectText();
      if ((await page.locator('body').innerText()).includes('<img src=x')) seen.push(path);
    }
    // Where names are shown they are shown as they are.
    expect(seen.length).toBeGreaterThan(12);
  });
});
