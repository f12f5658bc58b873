import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
let ann: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  ann = await addPerson(server.app, 'ann@example.com');
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it('a person in Chromium, without script, follows an error page to what happened, and what to do', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const client = await OAuthClient.register(server.origin, { client_name: 'Notes' });
  await page.goto(client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:53682/other' }));
  await page.getByRole('link', { name: 'See what happened, step by step' }).click();
  await logIn(page, ann);
  await page.getByRole('heading', { name: 'An attempt to connect Notes' }).waitFor();
  const step = page.getByRole('listitem').filter({ hasText: 'It opens this server in the browser' });
  expect(await step.getByText('http://127.0.0.1:53682/other', { exact: true }).first().isVisible()).toBe(true);
  expect(await step.getByText('remove this server from the tool, add it again').isVisible()).toBe(true);
  expect(await step.getByText('Whoever connects the tool can fix this.').isVisible()).toBe(true);
  await page.getByRole('link', { name: 'All attempts' }).click();
  await page.getByRole('heading', { name: 'Attempts to connect' }).waitFor();
  await page.getByRole('textbox', { name: 'Support code' }).fill('ABCDEFGHJK');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('heading', { name: 'Nothing to show you under this code' }).waitFor();
  await context.close();
});
