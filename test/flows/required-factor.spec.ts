import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { eventually } from '../support/eventually.js';
import { listenOnLoopback } from '../support/loopback-listener.js';
import { Mailbox } from '../support/mailbox.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { App } from '../support/second-factor.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let mailbox: Mailbox;
let browser: Browser;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off', ...mailbox.variables } });
  ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
  bob = await addPerson(server.app, 'bob@example.com', { into: ann.organizationId, role: 'member' });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await mailbox?.close();
});

const newPage = async () => (await browser.newContext()).newPage();
/** From the page that leads here, through the app, to the page that follows. */
const setUpApp = async (page: Page) => {
  await page.getByRole('link', { name: 'Set up an authenticator app' }).click();
  await page.getByText('No camera?').click();
  const app = new App(server, (await page.locator('code').innerText()).replaceAll(' ', ''));
  await page.getByLabel('Code the app shows').fill(app.code());
  await page.getByLabel('Current password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('link', { name: 'I have saved them' }).click();
};

it('an organization requires a second factor, in Chromium: its owner sees whom it touches; a member sets one up and connects again', async () => {
  const listener = await listenOnLoopback();
  const tool = await OAuthClient.register(server.origin, { redirect_uris: [listener.redirectUri] });
  const { access_token } = await tool.connect(bob);

  const owner = await newPage();
  await owner.goto(`${server.origin}/console/organizations/${ann.organizationId}/second-factor`);
  await logIn(owner, ann);
  await owner.getByRole('link', { name: 'Prove it, or set one up' }).click();
  await owner.getByRole('link', { name: 'Set one up' }).click();
  await setUpApp(owner);
  await owner.getByText('bob@example.com · 1 connection').waitFor();
  await owner.getByLabel('Type Acme to confirm').fill('Acme');
  await owner.getByRole('button', { name: 'Require a second factor' }).click();
  await owner.getByText('1 connection has ended').waitFor();
  await eventually(async () => expect((await callMcp(server.origin, access_token)).status).toBe(401));

  const { link } = await mailbox.next(bob.email);
  expect(link).toBe(`${server.origin}/console/account/security`);
  const again = tool.again();
  const person = await newPage();
  await person.goto(again.authorizeUrl());
  await logIn(person, bob);
  await person.getByRole('radio', { name: 'Acme' }).check();
  await person.getByRole('button', { name: 'Continue' }).click();
  await person.getByText('Acme requires a second factor.').waitFor();
  await person.getByRole('link', { name: 'Set one up' }).click();
  await setUpApp(person);
  await person.getByRole('button', { name: 'Continue' }).click();
  await person.getByRole('button', { name: 'Approve' }).click();
  const { json } = await again.exchange((await listener.next()).get('code')!);
  expect((await callMcp(server.origin, json['access_token'] as string)).status).toBe(200);
  listener.close();
});
