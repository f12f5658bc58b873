import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { eventually } from '../support/eventually.js';
import { listenOnLoopback } from '../support/loopback-listener.js';
import { Mailbox } from '../support/mailbox.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
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
const policy = () => `${server.origin}/console/organizations/${ann.organizationId}/policy`;
const decide = async (page: Page, verdict: string, tool = '*', person = '') => {
  await page.goto(policy());
  await page.getByLabel('Or for one person').fill(person);
  await page.getByLabel('Tool', { exact: true }).selectOption(tool);
  await page.getByLabel('Decision').selectOption(verdict);
  await page.getByRole('button', { name: 'See what it would do' }).click();
};

describe('an organization that wants to be asked, in Chromium', () => {
  it('asked, approved, connected without a reload; then denied, and what was foretold happens', async () => {
    const listener = await listenOnLoopback();
    const tool = await OAuthClient.register(server.origin, { redirect_uris: [listener.redirectUri] });
    const admin = await newPage();
    await admin.goto(`${server.origin}/console/login`);
    await logIn(admin, ann);
    await admin.getByRole('heading', { name: 'Overview' }).waitFor();
    await decide(admin, 'ask');
    await admin.getByRole('button', { name: 'Save' }).click();

    const person = await newPage();
    await person.goto(tool.authorizeUrl());
    await logIn(person, bob);
    await person.getByRole('radio', { name: 'Acme' }).check();
    await person.getByRole('button', { name: 'Continue' }).click();
    await person.getByLabel('Reason').fill('To see the projects');
    await person.getByRole('button', { name: 'Ask for it' }).click();
    await person.getByRole('heading', { name: 'Waiting for Acme' }).waitFor();

    const { mail, link } = await mailbox.next(ann.email);
    expect(mail.subject).toContain(bob.email);
    await admin.goto(link);
    await admin.getByText('To see the projects').waitFor();
    await admin.getByRole('button', { name: 'Approve' }).click();
    await admin.getByText('Nobody is waiting for an answer').waitFor();

    // Nobody touches the waiting page.
    await person.getByRole('button', { name: 'Approve' }).click({ timeout: 30_000 });
    const { json } = await tool.exchange((await listener.next()).get('code')!);
    const token = json['access_token'] as string;
    expect((await callMcp(server.origin, token)).status).toBe(200);

    await decide(admin, 'deny', 'self-asserted', bob.email);
    await admin.getByRole('region', { name: 'End within two seconds' }).getByText(bob.email).waitFor();
    expect((await callMcp(server.origin, token)).status).toBe(200);
    await admin.getByRole('button', { name: 'Save' }).click();
    await eventually(async () => expect((await callMcp(server.origin, token)).status).toBe(401));
    listener.close();
  });
});
