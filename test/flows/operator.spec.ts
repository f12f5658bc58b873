import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { eventually } from '../support/eventually.js';
import { Mailbox } from '../support/mailbox.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

const STRONG = 'violet anchor seventeen pelicans';
const REDIRECT_URI = 'https://desk.example/cb';

let server: TestServer;
let browser: Browser;
let olive: Person;
let ann: Person;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
}, 300_000);
afterAll(() => browser?.close());

async function start(variables: Record<string, string>): Promise<void> {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off', ...variables } });
  olive = await addPerson(server.app, 'olive@example.com', { organization: 'Home' });
  ann = await addPerson(server.app, 'ann@example.com');
  await server.query('UPDATE users SET operator = true WHERE id = $1', [olive.id]);
  page = await enter(olive);
}

const newPage = async () => (await browser.newContext({ javaScriptEnabled: false, locale: 'en' })).newPage();
const enter = async (person: Pick<Person, 'email' | 'password'>) => {
  const one = await newPage();
  await one.goto(`${server.origin}/console/login`);
  await logIn(one, person);
  await one.getByRole('heading', { name: 'Overview' }).waitFor();
  return one;
};
const press = (name: string, on = page) => on.getByRole('button', { name, exact: true }).click();
const follow = (name: string) => page.getByRole('link', { name, exact: true }).click();
const says = (text: string | RegExp, on = page) => on.getByText(text).first().waitFor();
/** Types what the page asks for, which is this word, and goes on. */
const confirm = async (word: string, button: string) => {
  await page.getByLabel(`Type ${word} to confirm`).fill('something else');
  await press(button);
  await says('That is not it. Nothing was changed.');
  await page.getByLabel(`Type ${word} to confirm`).fill(word);
  await press(button);
};
const to = async (tab: string) => {
  await follow('Operator');
  await page.getByRole('navigation', { name: 'In this section' }).getByRole('link', { name: tab, exact: true }).click();
};
const find = async (tab: string, field: string, word: string, name: string) => {
  await to(tab);
  await page.getByLabel(field, { exact: true }).fill(word);
  await press('Show');
  await follow(name);
};
const statusOf = async (token: string) => (await callMcp(server.origin, token)).status;

describe('an operator in Chromium, without script', () => {
  let mailbox: Mailbox;
  let client: OAuthClient;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    await start(mailbox.variables);
    client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  }, 300_000);
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
    await mailbox?.close();
  });

  it('sees how the server is, and makes somebody else an operator, which it asks for', async () => {
    await follow('Operator');
    await page.getByRole('heading', { name: 'Health of this server' }).waitFor();
    const facts = await page.locator('dl').innerText();
    for (const fact of [/PostgreSQL \d+/, /sent by SMTP/, /migrations applied/, /Age of the list of ended connections/])
      expect(facts).toMatch(fact);
    await says('There is one operator.');
    await page.getByRole('link', { name: 'Look' }).click();
    await follow(ann.email);
    await follow('Make operator');
    await confirm(ann.email, 'Make operator');
    await says('They are an operator now.');
    await follow('Operator');
    await says('Nothing needs you now.');
    await find('Accounts', 'Address or name', 'ann', ann.email);
    await follow('Take away operator');
    await confirm(ann.email, 'Take away operator');
    await says('They are no longer an operator.');
  });

  it('locks somebody out, and lets them in again; logs them out; sends them a link for a new password', async () => {
    const tokens = await client.again().connect(ann);
    const theirs = await enter(ann);
    await find('Accounts', 'Address or name', 'ann', ann.email);
    await follow('Disable');
    await confirm(ann.email, 'Disable');
    await says('The account is disabled.');
    expect(await statusOf(tokens.access_token)).toBe(401);
    await theirs.goto(`${server.origin}/console`);
    await logIn(theirs, ann);
    await says('do not match', theirs);
    await press('Enable');
    await says('The account is enabled.');
    await logIn(theirs, ann);
    await theirs.getByRole('heading', { name: 'Overview' }).waitFor();
    expect((await client.refresh(tokens.refresh_token)).json['error']).toBe('invalid_grant');

    await page.reload();
    await follow('Log out everywhere');
    await confirm(ann.email, 'Log out everywhere');
    await says('They are logged out everywhere.');
    await theirs.goto(`${server.origin}/console`);
    await theirs.getByRole('heading', { name: 'Log in' }).waitFor();
    await press('Send a link for a new password');
    await says('The link is on its way.');
    await theirs.goto((await mailbox.next(ann.email)).link);
    await theirs.getByLabel('New password').fill(STRONG);
    await press('Save the password', theirs);
    ann = { ...ann, password: STRONG };
    await logIn(theirs, ann);
    await theirs.getByRole('heading', { name: 'Overview' }).waitFor();
    await theirs.context().close();
  });

  it('registers a client whose secret is shown once, replaces that, blocks the client and unblocks it', async () => {
    await to('Clients');
    await follow('Register a client');
    await page.getByLabel('What it calls itself').fill('Acme Desk');
    await page.getByLabel('Redirect URIs').fill('http://desk.example/cb');
    await page.getByLabel('How it authenticates').selectOption('a secret, in the form');
    await press('Register');
    await says(/cannot be used/);
    await page.getByLabel('Redirect URIs').fill(REDIRECT_URI);
    await press('Register');
    await says('The secret is shown this once.');
    const [clientId, secret] = (await page.locator('dd code').allInnerTexts()).map((shown) => watch.keep(shown.trim()));
    watch.secrets.delete(clientId!);
    await follow('I have saved it');
    await follow('Acme Desk');
    await page.getByRole('heading', { name: /^Client / }).waitFor();
    expect(await page.content()).not.toContain(secret);
    const desk = (client_secret: string | undefined) =>
      new OAuthClient(server.origin, { client_id: clientId!, client_secret, redirect_uris: [REDIRECT_URI] });
    const tokens = await desk(secret).connect(ann);
    expect(await statusOf(tokens.access_token)).toBe(200);

    await follow('Replace its secret');
    await press('Replace its secret');
    await says('The old secret is dead within a second');
    const next = watch.keep((await page.locator('dd code').last().innerText()).trim());
    await follow('I have saved it');
    expect(await page.content()).not.toContain(next);
    await eventually(async () =>
      expect((await desk(secret).refresh(tokens.refresh_token)).json['error']).toBe('invalid_client'),
    );
    const renewed = (await desk(next).refresh(tokens.refresh_token)).json as { access_token: string };
    expect(await statusOf(renewed.access_token)).toBe(200);

    await page.reload();
    await says('Acme 1 connection');
    await follow('Block');
    await says('1 connection ends, on every server within two seconds.');
    await confirm('Acme Desk', 'Block');
    await says('1 connection has ended.');
    expect(await statusOf(renewed.access_token)).toBe(401);
    const theirs = await newPage();
    // What a node remembers of a client is forgotten within a second.
    await eventually(async () => {
      await theirs.goto(desk(next).authorizeUrl());
      expect(await theirs.getByRole('heading').innerText()).toBe('This server does not know the tool');
    });
    await theirs.context().close();
    await follow('Unblock');
    await press('Unblock');
    await says('The client may ask again.');
    expect(await statusOf(renewed.access_token)).toBe(401);
    await eventually(async () => expect(await statusOf((await desk(next).connect(ann)).access_token)).toBe(200));
  });

  it('suspends an organization, whose tools and pages rest, and resumes it', async () => {
    const tokens = await client.again().connect(ann);
    const theirs = await enter(ann);
    await find('Organizations', 'Organization name', 'acm', 'Acme');
    await says(ann.email);
    await follow('Suspend');
    await confirm('Acme', 'Suspend');
    await says(/connections? (has|have) ended\. No server accepts (its|their) tokens after \d\d:\d\d:\d\d UTC/);
    expect(await statusOf(tokens.access_token)).toBe(401);
    const members = `${server.origin}/console/organizations/${ann.organizationId}/members`;
    await theirs.goto(members);
    await theirs.getByRole('heading', { name: 'Acme is suspended' }).waitFor();
    await to('Organizations');
    await page.getByLabel('Only suspended ones').check();
    await press('Show');
    await follow('Acme');
    await press('Resume');
    await says('The organization may go on.');
    await theirs.goto(members);
    await theirs.getByRole('heading', { name: 'Members of Acme' }).waitFor();
    expect((await client.refresh(tokens.refresh_token)).json['error']).toBe('invalid_grant');
    expect(await statusOf((await client.again().connect(ann)).access_token)).toBe(200);
    await theirs.context().close();
  });

  it('has the next key sign now, and withdraws the one that leaked', async () => {
    const connected = client.again();
    const { access_token, refresh_token } = await connected.connect(ann);
    const before = decodeProtectedHeader(access_token).kid!;
    const staged = async (stage: string) =>
      page
        .locator('.item')
        .filter({ has: page.getByText(stage, { exact: true }) })
        .locator('code')
        .innerText();
    await to('Signing keys');
    expect(await staged('signs')).toBe(before);
    const next = await staged('next');
    await follow('Sign with the next key now');
    await says('The next key was published less than 10 minutes ago');
    await confirm(next, 'Sign with the next key now');
    await says('The next key signs now.');
    expect([await staged('signs'), await staged('retired')]).toEqual([next, before]);
    // What the old one signed is believed until it is over; what is signed now, by the new one.
    expect(await statusOf(access_token)).toBe(200);
    const renewed = (await connected.refresh(refresh_token)).json as { access_token: string; refresh_token: string };
    expect(decodeProtectedHeader(renewed.access_token).kid).toBe(next);

    await follow(`Withdraw ${next}`);
    await confirm(next, 'Withdraw a leaked key');
    await says('The key is withdrawn.');
    expect(await page.getByText(next).count()).toBe(0);
    expect([await statusOf(renewed.access_token), await statusOf(access_token)]).toEqual([401, 200]);
    const mended = (await connected.refresh(renewed.refresh_token)).json as { access_token: string };
    expect(await statusOf(mended.access_token)).toBe(200);
  });

  it('sees which mails are on their way, why one waits, and no link of one that was sent', async () => {
    mailbox.refusals = Infinity;
    await find('Accounts', 'Address or name', 'ann', ann.email);
    await press('Send a link for a new password');
    await says('The link is on its way.');
    const newest = () => page.locator('.item').first().innerText();
    const look = (wanted: RegExp) =>
      eventually(async () => {
        await to('Mail');
        expect(await newest()).toMatch(wanted);
      });
    await look(/A new password\s+waiting\s+ann@example\.com.*busy/s);
    mailbox.refusals = 0;
    await look(/A new password\s+sent\s+ann@example\.com · [^\n]*$/);
    expect(await page.content()).not.toContain('reset-password?token');
    expect((await mailbox.next(ann.email)).link).toContain('reset-password?token');
  });
});

describe('an operator in Chromium whose server sends no mail', () => {
  beforeAll(() => start({}), 300_000);
  afterAll(async () => {
    await page?.context().close();
    await server?.close();
  });

  it('is told so, and hands over the link that somebody asked for', async () => {
    const theirs = await newPage();
    await theirs.goto(`${server.origin}/console/forgot-password`);
    await says('Ask whoever runs this server', theirs);
    await theirs.getByLabel('Email').fill(ann.email);
    await press('Send the link', theirs);
    await follow('Operator');
    await says('No SMTP_URL is set');
    await to('Mail');
    await page.locator('.item').getByText('to be handed over').waitFor();
    await theirs.goto(await page.locator('.item code').first().innerText());
    await theirs.getByLabel('New password').fill(STRONG);
    await press('Save the password', theirs);
    await logIn(theirs, { ...ann, password: STRONG });
    await theirs.getByRole('heading', { name: 'Overview' }).waitFor();
    await theirs.context().close();
  });
});
