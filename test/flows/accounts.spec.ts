import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn, selectOrganization } from '../support/chromium-person.js';
import { listenOnLoopback } from '../support/loopback-listener.js';
import { eventually } from '../support/eventually.js';
import { Mailbox } from '../support/mailbox.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

const STRONG = 'violet anchor seventeen pelicans';

let mailbox: Mailbox;
let server: TestServer;
let browser: Browser;
let client: OAuthClient;
let ann: Person;
let serial = 0;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  const variables = { RATE_LIMITS: 'off', SIGN_UP: 'open', ...mailbox.variables };
  server = await startServer({ database: 'postgres', variables });
  client = await OAuthClient.register(server.origin);
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await mailbox?.close();
});
beforeEach(async () => {
  ann = await addPerson(server.app, `ann${serial++}@example.com`);
});

const at = (path: string) => server.origin + path;
/** Another browser, without script, of somebody who reads English. */
const newPage = async () => (await browser.newContext({ javaScriptEnabled: false, locale: 'en' })).newPage();
const enter = async (person: Pick<Person, 'email' | 'password'>, page?: Page) => {
  page ??= await newPage();
  await page.goto(at('/console/login'));
  await logIn(page, person);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  return page;
};
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const says = (page: Page, text: string) => page.getByText(text).first().waitFor();
/** Whether this browser is still logged in. */
const isIn = async (page: Page) => {
  await page.goto(at('/console'));
  return (await page.getByRole('button', { name: 'Log out' }).count()) === 1;
};
const works = async (token: string) => (await callMcp(server.origin, token)).status === 200;

describe('a person and their account, in Chromium, without script', () => {
  it('signs up by the link of a mail on the way to a tool, and goes on to it', async () => {
    const email = `new${serial++}@example.com`;
    const listener = await listenOnLoopback();
    const tool = await OAuthClient.register(server.origin, { redirect_uris: [listener.redirectUri] });
    const page = await newPage();
    await page.goto(tool.authorizeUrl());
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Email').fill(email);
    await press(page, 'Send the link');
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
    const onTheWay = (await page.getByRole('link', { name: 'Continue' }).getAttribute('href'))!;

    const { mail, link } = await mailbox.next(email);
    expect([mail.subject, mail.from!.value[0]!.address]).toEqual(['Your account', 'no-reply@auth.example.com']);
    await page.goto(link);
    await says(page, `For ${email}.`);
    await page.getByLabel('Your name').fill('Nora');
    await page.getByLabel('Password').fill('password1234');
    await press(page, 'Create account');
    await says(page, 'That password is easily guessed.');
    await page.getByLabel('Password').fill(STRONG);
    await press(page, 'Create account');
    await says(page, 'Your account is ready.');

    await page.goto(at(onTheWay));
    await page.getByRole('textbox', { name: 'Organization name' }).fill('Noras');
    await press(page, 'Create organization');
    if (await page.getByRole('button', { name: 'Continue' }).count()) await selectOrganization(page, 'Noras');
    await press(page, 'Approve');
    const { json } = await tool.exchange((await listener.next()).get('code')!);
    expect(await works(json['access_token'] as string)).toBe(true);
    listener.close();

    // The link made one account: it is over.
    await page.context().clearCookies();
    await page.goto(link);
    await page.getByRole('heading', { name: 'This link cannot be used' }).waitFor();
    await enter({ email, password: STRONG }, page);
    await page.context().close();
  });

  it.each([
    ['their tools go on', false],
    ['their tools end too', true],
  ])('chooses another password when they forgot theirs: other browsers are logged out, and %s', async (_, tools) => {
    const tokens = await client.again().connect(ann);
    const elsewhere = await enter(ann);
    const page = await newPage();
    await page.goto(at('/console/login'));
    await page.getByRole('link', { name: 'Forgot password?' }).click();
    await page.getByLabel('Email').fill(ann.email);
    await press(page, 'Send the link');
    const { link } = await mailbox.next(ann.email);
    await page.goto(link);
    await page.getByLabel('New password').fill(STRONG);
    await page.getByLabel('Disconnect my tools too').setChecked(tools);
    await press(page, 'Save the password');
    await says(page, 'Your password is changed. Log in with the new one.');
    await logIn(page, ann);
    await says(page, 'do not match');
    await enter({ ...ann, password: STRONG }, page);
    expect(await isIn(elsewhere)).toBe(false);
    await eventually(async () => expect(await works(tokens.access_token)).toBe(!tools));
    await page.goto(link);
    await page.getByRole('heading', { name: 'This link cannot be used' }).waitFor();
    for (const one of [page, elsewhere]) await one.context().close();
  });

  it.each([
    ['their tools go on', false],
    ['their tools end too', true],
  ])('changes the password by the current one: other browsers are logged out, and %s', async (_, tools) => {
    const tokens = await client.again().connect(ann);
    const [page, elsewhere] = [await enter(ann), await enter(ann)];
    await page.getByRole('link', { name: ann.email }).click();
    const change = async (current: string) => {
      const form = page.getByRole('region', { name: 'Password' });
      await form.getByLabel('Current password').fill(current);
      await form.getByLabel('New password').fill(STRONG);
      await form.getByLabel('Disconnect my tools too').setChecked(tools);
      await press(page, 'Change the password');
    };
    await change('not that one');
    await says(page, 'That is not your current password.');
    expect([await isIn(elsewhere), await works(tokens.access_token)]).toEqual([true, true]);
    await change(PASSWORD);
    await says(page, 'Your password is changed.');
    expect((await mailbox.next(ann.email)).mail.text).toContain('Your password was changed.');
    expect([await isIn(page), await isIn(elsewhere)]).toEqual([true, false]);
    await eventually(async () => expect(await works(tokens.access_token)).toBe(!tools));
    await enter({ ...ann, password: STRONG }, elsewhere);
    for (const one of [page, elsewhere]) await one.context().close();
  });

  it('moves to another address by the link that is sent there, and is told at the old one', async () => {
    const moved = `moved-${ann.email}`;
    const page = await enter(ann);
    await page.getByRole('link', { name: ann.email }).click();
    const ask = async (password: string) => {
      const form = page.getByRole('region', { name: 'Email address' });
      await form.getByLabel('New address').fill(moved);
      await form.getByLabel('Current password').fill(password);
      await press(page, 'Send the link');
    };
    await ask('not that one');
    await says(page, 'That is not your current password.');
    await ask(PASSWORD);
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
    const { link } = await mailbox.next(moved);
    await page.goto(link);
    await says(page, `From now on you log in with ${moved}.`);
    await press(page, 'Use this address');
    await says(page, 'Your address is changed.');
    expect((await mailbox.next(ann.email)).mail.text).toContain(`changed to ${moved}`);
    await press(page, 'Log out');
    await logIn(page, ann);
    await says(page, 'do not match');
    await enter({ ...ann, email: moved }, page);
    await page.context().close();
  });

  it('changes name and language: pages and mails speak it from then on', async () => {
    const page = await enter(ann);
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByLabel('Your name').fill('Ann Kim');
    await press(page, 'Save the name');
    await says(page, 'Your name is changed.');
    expect(await page.getByLabel('Your name').inputValue()).toBe('Ann Kim');
    await page.getByRole('link', { name: '이 페이지를 한국어로 보기' }).click();
    await page.getByRole('heading', { name: '내 계정', exact: true }).waitFor();
    expect([new URL(page.url()).pathname, await page.locator('html').getAttribute('lang')]).toEqual([
      '/console/account',
      'ko',
    ]);
    const form = page.getByRole('region', { name: '비밀번호' });
    await form.getByLabel('현재 비밀번호').fill(PASSWORD);
    await form.getByLabel('새 비밀번호').fill(STRONG);
    await press(page, '비밀번호 바꾸기');
    await says(page, '비밀번호를 바꾸었습니다.');
    expect((await mailbox.next(ann.email)).mail.text).toContain('비밀번호');
    await page.getByRole('link', { name: 'This page in English' }).click();
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
    await page.context().close();
  });

  it('sees where they are logged in, ends one, then all others', async () => {
    const [page, first, second] = [await enter(ann), await enter(ann), await enter(ann)];
    await page.getByRole('link', { name: ann.email }).click();
    const sessions = page.getByRole('region', { name: 'Where you are logged in' }).getByRole('listitem');
    expect(await sessions.count()).toBe(3);
    for (const session of await sessions.allInnerTexts())
      expect(session).toMatch(/^\w+, \w+ · 127\.0\.0\.1 · since just now/);
    expect(await sessions.filter({ hasText: 'this browser' }).getByRole('button').count()).toBe(0);
    await sessions.getByRole('button', { name: 'Log out' }).first().click();
    await says(page, 'That session is logged out.');
    expect([await isIn(first), await isIn(second)].filter(Boolean)).toHaveLength(1);
    await page.goto(at('/console/account'));
    await press(page, 'Log out everywhere else');
    await says(page, 'Everything else is logged out.');
    expect([await isIn(first), await isIn(second), await isIn(page)]).toEqual([false, false, true]);
    await page.goto(at('/console/account'));
    expect(await sessions.count()).toBe(1);
    for (const one of [page, first, second]) await one.context().close();
  });

  it('deletes the account by typing its address: sessions and tools end, and nobody can log in', async () => {
    const tokens = await client.again().connect(ann);
    const [page, elsewhere] = [await enter(ann), await enter(ann)];
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByRole('link', { name: 'Delete your account' }).click();
    const confirm = async (typed: string, password: string) => {
      await page.getByLabel(`Type ${ann.email} to confirm`).fill(typed);
      await page.getByLabel('Current password').fill(password);
      await press(page, 'Delete my account');
    };
    await confirm('yes', PASSWORD);
    await says(page, 'That is not it. Nothing was changed.');
    await confirm(ann.email, 'not that one');
    await says(page, 'That is not your current password.');
    await confirm(ann.email, PASSWORD);
    await says(page, 'Your account is deleted.');
    expect((await mailbox.next(ann.email)).mail.text).toContain('Your account was deleted.');
    expect(await isIn(elsewhere)).toBe(false);
    await eventually(async () => expect(await works(tokens.access_token)).toBe(false));
    await logIn(page, ann);
    await says(page, 'do not match');
    for (const one of [page, elsewhere]) await one.context().close();
  });
});
