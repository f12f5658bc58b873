import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { Usage } from '../../src/usage/usage.service.js';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { eventually } from '../support/eventually.js';
import { callMcp, OAuthClient, type Tokens } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
let admin: Person;
let member: Person;
let client: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  admin = await addPerson(server.app, 'ann@example.com');
  member = await addPerson(server.app, 'bob@example.com', { into: admin.organizationId, role: 'admin' });
  client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function openConnections(javaScriptEnabled: boolean): Promise<Page> {
  const page = await (await browser.newContext({ javaScriptEnabled })).newPage();
  await page.goto(`${server.origin}/console/login`);
  await logIn(page, admin);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${server.origin}/console/organizations/${admin.organizationId}/connections`);
  return page;
}

describe('an administrator in Chromium', () => {
  it('without script: sees what a tool did, takes a permission away, ends it; and it is so', async () => {
    const tokens = await client.again().connect(member);
    for (const name of ['whoami', 'list_projects', 'whoami'])
      await callMcp(server.origin, tokens.access_token, 'tools/call', { name, arguments: {} });
    await eventually(async () => {
      await server.app.get(Usage, { strict: false }).flush();
      expect(await server.query('SELECT sum(calls)::int AS n FROM connection_hours')).toEqual([{ n: 3 }]);
    });
    const page = await openConnections(false);
    await page.getByText('3 calls in 30 days').waitFor();
    await page.getByRole('link', { name: /See its usage/ }).click();
    await page.getByRole('heading', { name: 'Connection: Claude Code' }).waitFor();
    await page.getByRole('img', { name: /3 calls together, 0 of them failed/ }).waitFor();
    await page.getByRole('button', { name: /^Take away/ }).click();
    await page.getByText('The permission is taken away.').waitFor();
    const next = (await client.refresh(tokens.refresh_token)).json as unknown as Tokens;
    expect(next.scope).toBe('organization:read projects:read');
    await page.getByRole('link', { name: 'End this connection' }).click();
    await page.getByRole('button', { name: 'End 1 connection' }).click();
    await page.getByText(/1 connection has ended/).waitFor();
    expect((await callMcp(server.origin, next.access_token)).status).toBe(401);
    await page.getByText('No tool is connected here.').waitFor();
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.getByRole('heading', { name: 'By what was called' }).waitFor();
    await page.context().close();
  });

  it('with script: a connection that is made appears by itself, and one that ends goes; not under somebody’s hands', async () => {
    const page = await openConnections(true);
    await page.getByText('No tool is connected here.').waitFor();
    await page.evaluate(() => Object.assign(globalThis, { stays: true }));
    const tokens = await client.again().connect(member);
    const link = page.getByRole('link', { name: /See its usage/ });
    await link.waitFor();
    // The same document: nothing was reloaded.
    expect(await page.evaluate(() => 'stays' in globalThis)).toBe(true);
    await link.focus();
    await client.revoke(tokens.refresh_token);
    // Two rounds of asking pass, and the focus is where it was.
    await page.waitForTimeout(11_000);
    expect(await link.evaluate((element) => element.matches(':focus'))).toBe(true);
    const asked = page.waitForResponse((response) => response.url() === page.url());
    await page.getByRole('textbox', { name: 'Person or tool' }).focus();
    await asked;
    await page.getByText('No tool is connected here.').waitFor();
    // The server is away for a moment: what is shown stays, and it is asked again.
    await page.route('**/connections', (route) => route.fulfill({ status: 503, body: 'x' }));
    await page.waitForResponse((response) => response.status() === 503);
    await page.unroute('**/connections');
    await client.again().connect(member);
    await link.waitFor();
    await page.context().close();
  });

  it('without script: takes away from the list what is not used, and ends all tools by one name', async () => {
    const sorter = () => OAuthClient.register(server.origin, { client_name: 'Sorter' });
    const tokens = [await (await sorter()).connect(admin), await (await sorter()).connect(member)];
    const called = { name: 'whoami', arguments: {} };
    for (const { access_token } of tokens) await callMcp(server.origin, access_token, 'tools/call', called);
    await eventually(async () => {
      await server.app.get(Usage, { strict: false }).flush();
      expect(await server.query('SELECT sum(calls)::int >= 2 AS counted FROM connection_hours')).toEqual([
        { counted: true },
      ]);
    });
    server.clock.advance(15 * 86_400);
    const page = await openConnections(false);
    await page.getByRole('textbox', { name: 'Person or tool' }).fill('sorter');
    await page.getByRole('button', { name: 'Show' }).click();
    const takeAway = page.getByRole('button', { name: 'Take away what Sorter does not use' });
    expect(await takeAway.count()).toBe(2);
    await takeAway.first().click();
    await page.getByText('The permission is taken away.').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('sorter');
    expect(await takeAway.count()).toBe(1);
    await page.getByRole('link', { name: 'End all by this name' }).first().click();
    await page.getByText('A name proves nothing').waitFor();
    const [organization] = await server.query<{ name: string }>('SELECT name FROM organizations WHERE id = $1', [
      admin.organizationId,
    ]);
    await page.getByRole('textbox', { name: `Type ${organization!.name} to confirm` }).fill(organization!.name);
    await page.getByRole('button', { name: 'End 2 connections' }).click();
    await page.getByText('2 connections have ended.').waitFor();
    const live = `SELECT count(*)::int AS n FROM grants g JOIN clients c ON c.id = g.client_id
       WHERE g.revoked_at IS NULL AND c.metadata->>'client_name' = 'Sorter'`;
    expect(await server.query(live)).toEqual([{ n: 0 }]);
    await page.context().close();
  });
});
