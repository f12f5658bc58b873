import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
let olive: Person;
let ann: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  olive = await addPerson(server.app, 'olive@example.com', { organization: 'Home' });
  ann = await addPerson(server.app, 'ann@example.com');
  await server.query('UPDATE users SET operator = true WHERE id = $1', [olive.id]);
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe('an operator in Chromium, without script', () => {
  it('looks at the server, locks somebody out and lets them in again, and withdraws a key', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(ann);
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${server.origin}/console/login`);
    await logIn(page, olive);
    await page.getByRole('link', { name: 'Operator' }).click();
    await page.getByRole('heading', { name: 'How the server is' }).waitFor();

    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('textbox', { name: 'Address or name' }).fill('ann');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('link', { name: ann.email }).click();
    await page.getByRole('link', { name: 'Disable' }).click();
    await page.getByRole('textbox', { name: /^Type ann@example.com/ }).fill(ann.email);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('The account is disabled.').waitFor();
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('The account is enabled.').waitFor();

    const { access_token } = await client.again().connect(ann);
    const kid = decodeProtectedHeader(access_token).kid!;
    await page.getByRole('link', { name: 'Signing keys' }).click();
    await page.getByRole('link', { name: `Withdraw ${kid}` }).click();
    await page.getByRole('textbox', { name: `Type ${kid}` }).fill(kid);
    await page.getByRole('button', { name: 'Withdraw a leaked key' }).click();
    await page.getByText('The key is withdrawn.').waitFor();
    expect((await callMcp(server.origin, access_token)).status).toBe(401);
    await context.close();
  });
});
