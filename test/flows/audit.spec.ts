import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
let owner: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe('an administrator in Chromium, without script', () => {
  it('finds out when and why a connection ended, and what an organization was called before', async () => {
    const client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
    const { refresh_token } = await client.connect(owner);
    await client.revoke(refresh_token);
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${server.origin}/console/login`);
    await logIn(page, owner);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.goto(`${server.origin}/console/organizations/${owner.organizationId}/audit`);
    await page.getByText('is sealed.').waitFor();
    await page.getByLabel('What').selectOption('a connection ended');
    await page.getByLabel('Tool').fill('claude');
    await page.getByLabel('From', { exact: true }).fill(new Date(Date.now() - 86_400_000).toISOString().slice(0, 10));
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.getByText('Claude Code · given up by the tool').click();
    expect(await page.locator('dd').allInnerTexts()).toContain('given up by the tool');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download as NDJSON' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`audit-${owner.organizationId}.ndjson`);
    await page.getByLabel('Person').fill('nobody');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('No events match.').waitFor();
    await page.getByRole('link', { name: 'Show all of them' }).click();
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(2);
    await context.close();
  });
});
