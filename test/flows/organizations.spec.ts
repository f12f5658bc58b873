import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { RegisteredClients } from '../../src/clients/registered-clients.js';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { Mailbox } from '../support/mailbox.js';
import { callMcp, OAuthClient, type Tokens } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

const STRONG = 'violet anchor seventeen pelicans';
const REDIRECT_URI = 'https://desk.example/cb';

let mailbox: Mailbox;
let server: TestServer;
let browser: Browser;
let claude: OAuthClient;
let owner: Person;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off', ...mailbox.variables } });
  claude = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await mailbox?.close();
});

/** Another browser, without script, of somebody who reads English. */
const newPage = async () => (await browser.newContext({ javaScriptEnabled: false, locale: 'en' })).newPage();
const enter = async (person: Pick<Person, 'email' | 'password'>) => {
  const page = await newPage();
  await page.goto(`${server.origin}/console/login`);
  await logIn(page, person);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  return page;
};
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click();
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
const toMembers = async (page: Page) => {
  await follow(page, 'Organizations');
  await follow(page, 'Members Acme');
};
const invite = async (page: Page, email: string, role: string) => {
  await toMembers(page);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Role', { exact: true }).selectOption(role);
  await press(page, 'Send the invitation');
  await says(page, 'The invitation is on its way.');
  return mailbox.next(email);
};
/** What the page of members says of somebody, in words. */
const memberOf = (page: Page, email: string) => page.getByRole('listitem').filter({ hasText: email });

describe('an organization in Chromium, without script', () => {
  it('its owner invites somebody new by mail, who makes an account and joins with the role that was meant', async () => {
    const page = await enter(owner);
    const { mail, link } = await invite(page, 'nina@example.com', 'admin');
    await says(page, /nina@example\.com · admin · ends/);
    expect([mail.subject, mail.text]).toEqual([
      'Invitation to Acme',
      expect.stringContaining('owner@example.com invites you to Acme, as admin.'),
    ]);
    const guest = await newPage();
    await guest.goto(link);
    await says(guest, 'You are invited to Acme. Your role: admin.');
    await guest.getByLabel('Your name').fill('Nina');
    await guest.getByLabel('Password').fill(STRONG);
    await press(guest, 'Create account and join');
    await says(guest, 'You belong to the organization now.');
    expect(await memberOf(guest, 'nina@example.com').innerText()).toMatch(/you\s+admin/);
    await toMembers(page);
    expect(await memberOf(page, 'nina@example.com').locator('.badge').allInnerTexts()).toEqual(['admin']);
    for (const one of [page, guest]) await one.context().close();
  });

  it('somebody with an account logs in and joins; the link is nobody else’s, and over when it was used or withdrawn', async () => {
    const page = await enter(owner);
    const known = await addPerson(server.app, 'known@example.com', { organization: 'Elsewhere' });
    const { link } = await invite(page, known.email, 'member');
    const stranger = await enter(await addPerson(server.app, 'stranger@example.com'));
    await stranger.goto(link);
    await stranger.getByRole('heading', { name: 'This invitation is for somebody else' }).waitFor();
    const guest = await newPage();
    await guest.goto(link);
    await follow(guest, 'Log in to join');
    await logIn(guest, known);
    await press(guest, 'Join');
    await says(guest, 'You belong to the organization now.');
    await guest.goto(link);
    await guest.getByRole('heading', { name: 'This invitation is over' }).waitFor();

    const second = await invite(page, 'late@example.com', 'member');
    await press(page, 'Withdraw late@example.com');
    await says(page, 'The invitation is withdrawn.');
    const late = await newPage();
    await late.goto(second.link);
    await late.getByRole('heading', { name: 'This invitation is over' }).waitFor();
    for (const one of [page, stranger, guest, late]) await one.context().close();
  });

  it('a member is demoted: the next renewal of their tool carries less; then removed while it loops: 401 within 2 s', async () => {
    const bob = await addPerson(server.app, 'bob@example.com', { into: owner.organizationId, role: 'admin' });
    const client = claude.again();
    const tokens = await client.connect(bob);
    expect(tokens.scope).toContain('projects:write');
    const [page, theirs] = [await enter(owner), await enter(bob)];
    await toMembers(page);
    await says(page, /bob@example\.com · 1 tool/);
    await page.getByLabel('Role bob@example.com').selectOption('member');
    await press(page, 'Change role bob@example.com');
    await says(page, 'They have another role now.');
    expect(await memberOf(page, bob.email).locator('.badge').allInnerTexts()).toEqual(['member']);
    const { json } = await client.refresh(tokens.refresh_token);
    expect(json['scope']).toBe('organization:read projects:read');
    await toMembers(theirs);
    expect(await theirs.getByRole('button', { name: 'Send the invitation' }).count()).toBe(0);

    const answered: number[] = [];
    let refusedAt = 0;
    const loop = (async () => {
      for (const deadline = Date.now() + 60_000; refusedAt === 0 && Date.now() < deadline;) {
        const { status } = await callMcp(server.origin, json['access_token'] as string);
        answered.push(status);
        if (status === 401) refusedAt = Date.now();
      }
    })();
    await follow(page, 'Remove bob@example.com');
    await says(page, 'bob@example.com loses their place in Acme');
    expect(refusedAt).toBe(0);
    await press(page, 'Remove');
    expect(new URL(page.url()).pathname).toMatch(/remove$/);
    await page.getByLabel('Type bob@example.com to confirm').fill('bob@example.com');
    await press(page, 'Remove');
    await says(page, 'They are out, and so are their tools.');
    const saidAt = Date.now();
    await loop;
    expect([...new Set(answered)]).toEqual([200, 401]);
    expect(refusedAt - saidAt).toBeLessThan(2_000);
    expect((await client.refresh(json['refresh_token'] as string)).json['error']).toBe('invalid_grant');
    expect(await memberOf(page, bob.email).count()).toBe(0);
    await theirs.goto(`${server.origin}/console/organizations/${owner.organizationId}/members`);
    await theirs.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    for (const one of [page, theirs]) await one.context().close();
  });

  it('projects are made, renamed and deleted by typing the name; a member’s tool sees the same list', async () => {
    const member = await addPerson(server.app, 'mia@example.com', { into: owner.organizationId, role: 'member' });
    const { access_token } = await claude.again().connect(member);
    const seen = async () => {
      const { json } = await callMcp(server.origin, access_token, 'tools/call', {
        name: 'list_projects',
        arguments: {},
      });
      return JSON.stringify(json);
    };
    const page = await enter(owner);
    await follow(page, 'Projects');
    await says(page, 'There are no projects yet.');
    for (const name of ['Website', 'Mobile app']) {
      await page.getByLabel('Project name').fill(name);
      await press(page, 'Create project');
      await page.getByRole('heading', { name }).waitFor();
    }
    await page.getByText('Rename Website').click();
    const renaming = page.getByRole('listitem').filter({ hasText: 'Website' });
    await renaming.getByLabel('New name').fill('Web site');
    await renaming.getByRole('button', { name: 'Save' }).click();
    await says(page, 'The project has its new name.');
    expect(await seen()).toContain('Web site');
    await follow(page, 'Delete Web site');
    await page.getByLabel('Type its name to confirm').fill('Website');
    await press(page, 'Delete');
    await says(page, 'That is not its name.');
    await page.getByLabel('Type its name to confirm').fill('Web site');
    await press(page, 'Delete');
    await says(page, 'The project is deleted.');
    expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
      'Mobile app',
      'Create a project',
      'Recently deleted',
    ]);
    expect(await seen()).not.toContain('Web site');
    const theirs = await enter(member);
    await follow(theirs, 'Projects');
    await theirs.getByRole('heading', { name: 'Mobile app' }).waitFor();
    expect(await theirs.getByRole('button', { name: 'Create project' }).count()).toBe(0);
    expect(await theirs.getByRole('heading', { name: 'Recently deleted' }).count()).toBe(0);

    await says(page, /by owner@example\.com/);
    await press(page, 'Restore Web site');
    await says(page, 'The project is back.');
    expect(await seen()).toContain('Web site');
    await theirs.reload();
    await theirs.getByRole('heading', { name: 'Web site' }).waitFor();
    for (const one of [page, theirs]) await one.context().close();
  });

  it('a deleted project whose name was taken comes back by another', async () => {
    const page = await enter(owner);
    await follow(page, 'Projects');
    await follow(page, 'Delete Mobile app');
    await page.getByLabel('Type its name to confirm').fill('Mobile app');
    await press(page, 'Delete');
    await page.getByLabel('Project name').fill('Mobile app');
    await press(page, 'Create project');
    await press(page, 'Restore Mobile app');
    await says(page, 'There is another project called Mobile app by now.');
    await page.getByLabel('Project name').fill('Mobile app of old');
    await press(page, 'Restore');
    await says(page, 'The project is back.');
    await page.getByRole('heading', { name: 'Mobile app of old' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Recently deleted' }).count()).toBe(0);
    await page.context().close();
  });

  it('its connections are searched, filtered and ordered in the address, and ended: one, and all of a tool by typing its name', async () => {
    const home = await addPerson(server.app, 'zoe@example.com', { organization: 'Home' });
    const adam = await addPerson(server.app, 'adam@example.com', { into: home.organizationId, role: 'member' });
    const details = { name: 'Acme Desk', redirectUris: [REDIRECT_URI], authMethod: 'none', trusted: false } as const;
    const { clientId } = await server.app.get(RegisteredClients, { strict: false }).register(details);
    const desk = new OAuthClient(server.origin, { client_id: clientId, redirect_uris: [REDIRECT_URI] });
    const tokens: Tokens[] = [];
    for (const [client, person] of [
      [claude, adam],
      [claude, home],
      [desk, adam],
    ] as const)
      tokens.push(await client.again().connect(person));
    const works = () =>
      Promise.all(tokens.map(async ({ access_token }) => (await callMcp(server.origin, access_token)).status === 200));

    const page = await enter(home);
    await follow(page, 'Organizations');
    await follow(page, 'Connections Home');
    const listed = async () => {
      const items = page
        .locator('#connections')
        .getByRole('listitem')
        .filter({ has: page.getByRole('heading') });
      return Promise.all(
        (await items.all()).map(async (item) => {
          const by = /approved by (\S+)@/.exec(await item.innerText())![1];
          return `${await item.getByRole('heading').innerText()} of ${by}`;
        }),
      );
    };
    const show = async (fields: { search?: string; grade?: string; order?: string }) => {
      await page.getByLabel('Person or tool').fill(fields.search ?? '');
      await page.getByLabel('Vouched for by').selectOption(fields.grade ?? 'anybody');
      await page.getByLabel('Order').selectOption(fields.order ?? 'newest first');
      await press(page, 'Show');
      return listed();
    };
    const [newest, middle, oldest] = ['Acme Desk of adam', 'Claude Code of zoe', 'Claude Code of adam'];
    expect(await listed()).toEqual([newest, middle, oldest]);
    expect((await show({ order: 'by person' })).at(-1)).toBe(middle);
    expect(await show({ search: 'zoe' })).toEqual([middle]);
    expect(await show({ grade: 'an administrator' })).toEqual([newest]);
    expect(await show({ search: 'claude', order: 'by person' })).toEqual([oldest, middle]);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({ q: 'claude', sort: 'person' });
    await page.reload();
    expect(await listed()).toEqual([oldest, middle]);
    expect(await page.getByLabel('Person or tool').inputValue()).toBe('claude');
    expect(await show({ search: 'nobody is called that' })).toEqual([]);
    await says(page, 'No connections match.');
    await follow(page, 'Show all of them');

    await page
      .getByRole('listitem')
      .filter({ hasText: 'approved by zoe' })
      .getByRole('link', { name: /^End Claude/ })
      .click();
    await press(page, 'End 1 connection');
    await says(page, '1 connection has ended.');
    expect(await works()).toEqual([true, false, true]);
    tokens.push(await claude.again().connect(home));
    await page.reload();
    await page.getByRole('link', { name: 'End all of this installation' }).first().click();
    await page.getByLabel('Type Home to confirm').fill('Acme');
    await press(page, 'End 2 connections');
    await says(page, 'That is not the name of the organization.');
    expect(await works()).toEqual([true, false, true, true]);
    await page.getByLabel('Type Home to confirm').fill('Home');
    await press(page, 'End 2 connections');
    await says(page, '2 connections have ended.');
    expect(await works()).toEqual([false, false, true, false]);
    expect(await listed()).toEqual(['Acme Desk of adam']);
    await page.context().close();
  });

  it('all of that is there in Korean: in one browser by choice, in another because it asks for it', async () => {
    const page = await enter(owner);
    await toMembers(page);
    await follow(page, '이 페이지를 한국어로 보기');
    await page.getByRole('heading', { name: 'Acme 구성원' }).waitFor();
    await page.getByRole('button', { name: '초대 보내기' }).waitFor();
    await page.getByLabel('이메일').fill('minji@example.com');
    await press(page, '초대 보내기');
    const { mail, link } = await mailbox.next('minji@example.com');
    expect(mail.subject).toContain('초대');
    const korean = await (await browser.newContext({ javaScriptEnabled: false, locale: 'ko-KR' })).newPage();
    await korean.goto(link);
    expect(await korean.locator('html').getAttribute('lang')).toBe('ko');
    await korean.getByLabel('이름').fill('민지');
    await korean.getByLabel('비밀번호').fill(STRONG);
    await korean.getByRole('button').click();
    await korean.getByRole('heading', { name: 'Acme 구성원' }).waitFor();
    for (const one of [page, korean]) await one.context().close();
  });
});
