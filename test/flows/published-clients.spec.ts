import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { Internet } from '../support/internet.js';
import { OAuthClient } from '../support/oauth-client.js';
import { HttpBrowser } from '../support/http-browser.js';
import { addPerson } from '../support/people.js';
import { giveEmailAndPassword, setUpApp } from '../support/second-factor.js';
import { startServer, type TestServer } from '../support/server.js';

const REDIRECT_URI = 'https://tool.example/cb';

let internet: Internet;
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  internet = await Internet.open(['tool.example']);
  server = await startServer({ database: 'postgres', outbound: internet });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  internet?.close();
});

/** A tool that nobody has connected, asking for what there is not. */
function badRequest(): string {
  const client_id = `https://tool.example/${crypto.randomUUID()}.json`;
  internet.publish(client_id, { client_id, client_name: 'Published Tool', redirect_uris: [REDIRECT_URI] });
  const client = new OAuthClient(server.origin, { client_id, redirect_uris: [REDIRECT_URI] });
  return client.authorizeUrl({ scope: 'nonsense' });
}

describe('a tool whose document is read after the log-in, in Chromium', () => {
  it('W11 is told at once that its request is refused: the redirect after the form leaves', async () => {
    const ann = await addPerson(server.app, 'ann@example.com');
    const page = await (await browser.newContext()).newPage();
    await page.goto(badRequest());
    const left = page.waitForRequest((request) => request.url().startsWith(REDIRECT_URI), { timeout: 10_000 });
    await Promise.all([left, logIn(page, ann)]);
    expect(new URL((await left).url()).searchParams.get('error')).toBe('invalid_scope');
  });

  it('W11 the same after a second factor', async () => {
    const bob = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
    const own = new HttpBrowser();
    await giveEmailAndPassword(server, own, bob);
    const { app } = await setUpApp(server, own);
    const page = await (await browser.newContext()).newPage();
    await page.goto(badRequest());
    await logIn(page, bob);
    await page.locator('input[name="code"]').fill(app.fresh());
    const left = page.waitForRequest((request) => request.url().startsWith(REDIRECT_URI), { timeout: 10_000 });
    await Promise.all([left, page.locator('input[name="code"]').press('Enter')]);
    expect(new URL((await left).url()).searchParams.get('error')).toBe('invalid_scope');
  });
});
