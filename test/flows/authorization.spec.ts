import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { approve, logIn, selectOrganization } from '../support/chromium-person.js';
import { listenOnLoopback, type LoopbackListener } from '../support/loopback-listener.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
let listener: LoopbackListener;
let ann: Person;
let bob: Person;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  ann = await addPerson(server.app, 'ann@example.com');
  bob = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
  browser = await launchBrowser();
  listener = await listenOnLoopback();
}, 300_000);
afterAll(async () => {
  listener?.close();
  await browser?.close();
  await server?.close();
});

beforeEach(async () => {
  context = await browser.newContext({ javaScriptEnabled: false });
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && ![server.origin, new URL(listener.redirectUri).origin].includes(origin))
      complaints.push(`asked ${origin}`);
  });
});
afterEach(async () => {
  expect(complaints.filter((text) => !text.includes('status of 4'))).toEqual([]);
  await context.close();
});

const loopbackClient = () => OAuthClient.register(server.origin, { redirect_uris: [listener.redirectUri] });
const applicationClient = () =>
  OAuthClient.register(server.origin, {
    client_name: 'Cursor',
    redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'],
  });

describe('a person in Chromium, without script', () => {
  it('W11 W19 connects a tool on this computer: the redirect after the form arrives', async () => {
    const client = await loopbackClient();
    await approve(page, client.authorizeUrl(), ann);
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    const answer = await listener.next();
    expect(answer.get('state')).toBe(client.state);
    expect((await client.exchange(answer.get('code')!)).status).toBe(200);
  });

  it('connects an application by its scheme: it is opened, and the page says what to do', async () => {
    const client = await applicationClient();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Page.enable');
    const opened = new Promise<string>((resolve) =>
      cdp.on('Page.frameRequestedNavigation', ({ url }) => url.startsWith('cursor:') && resolve(url)),
    );
    await approve(page, client.authorizeUrl(), ann);
    await page.getByText(/you can close this tab/i).waitFor();
    const url = new URL(await opened);
    expect(`${url.protocol}//${url.host}${url.pathname}`).toBe('cursor://anysphere.cursor-mcp/oauth/callback');
    expect(await page.getByRole('link', { name: /Cursor/ }).getAttribute('href')).toBe(url.href);
    expect((await client.exchange(url.searchParams.get('code')!)).status).toBe(200);
  });

  it('denies, and the tool is told', async () => {
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl());
    await logIn(page, ann);
    await selectOrganization(page);
    await page.getByRole('button', { name: 'Deny' }).click();
    const answer = await listener.next();
    expect(Object.fromEntries(answer)).toMatchObject({
      error: 'access_denied',
      state: client.state,
      iss: `${server.origin}/mcp`,
    });
  });

  it('takes a permission away', async () => {
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl());
    await logIn(page, ann);
    await selectOrganization(page);
    await page.getByRole('checkbox', { name: /Create, rename and delete projects/ }).uncheck();
    await page.getByRole('button', { name: 'Approve' }).click();
    const { json } = await client.exchange((await listener.next()).get('code')!);
    expect(json['scope']).toBe('organization:read projects:read');
  });

  it('uses the keyboard alone', async () => {
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl());
    const focusOn = async (name: string) => {
      for (let tabs = 0; tabs < 40; tabs++) {
        await page.keyboard.press('Tab');
        const focused = page.locator(':focus');
        const text = (await focused.getAttribute('aria-label')) ?? (await focused.innerText()) ?? '';
        const id = await focused.getAttribute('id');
        const label = id ? await page.locator(`label[for="${id}"]`).allInnerTexts() : [];
        if (text.trim() === name || label.some((one) => one.trim() === name)) return;
      }
      throw new Error(`no way to "${name}" by Tab`);
    };
    await focusOn('Email');
    await page.keyboard.type(ann.email);
    await focusOn('Password');
    await page.keyboard.type(ann.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Select an organization' }).waitFor();
    await focusOn('Continue');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await focusOn('Approve');
    await page.keyboard.press('Enter');
    expect((await listener.next()).get('code')).toBeTruthy();
  });

  it('mistypes the password, and is told in place, with the address kept', async () => {
    await page.goto((await loopbackClient()).authorizeUrl());
    await logIn(page, { ...ann, password: 'not that one' });
    expect(await page.getByRole('alert').innerText()).toContain('do not match');
    expect(await page.getByRole('textbox', { name: 'Email' }).inputValue()).toBe(ann.email);
    await logIn(page, ann);
    await page.getByRole('group', { name: 'Organization' }).waitFor();
  });

  it('is somebody else: "Not you?" logs out and asks again', async () => {
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl());
    await logIn(page, ann);
    await selectOrganization(page);
    expect(await page.getByText(ann.email).count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Not you?' }).click();
    await logIn(page, bob);
    await selectOrganization(page, 'Bobs');
    expect(await page.getByText(bob.email).count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Approve' }).click();
    await client.exchange((await listener.next()).get('code')!);
    expect(await server.query('SELECT user_id FROM grants ORDER BY created_at DESC LIMIT 1')).toEqual([
      { user_id: bob.id },
    ]);
  });

  it('goes back, reloads and goes on', async () => {
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl());
    await logIn(page, ann);
    await selectOrganization(page);
    await page.goBack();
    await page.reload();
    await selectOrganization(page);
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();
    expect((await listener.next()).get('code')).toBeTruthy();
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await page.goBack();
    await page.reload();
    expect(await page.getByRole('heading').innerText()).toBe('You have answered this already');
  });

  it('belongs to no organization, creates one there and goes on', async () => {
    const lonely = await addPerson(server.app, 'lonely@example.com', { none: true });
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl());
    await logIn(page, lonely);
    await page.getByRole('textbox', { name: 'Organization name' }).fill('Brand New');
    await page.getByRole('button', { name: 'Create organization' }).click();
    if (await page.getByRole('button', { name: 'Continue' }).count()) await selectOrganization(page, 'Brand New');
    await page.getByRole('button', { name: 'Approve' }).click();
    expect((await listener.next()).get('code')).toBeTruthy();
  });

  it('sees an error page that explains, and a way back to the tool', async () => {
    const client = await loopbackClient();
    await page.goto(client.authorizeUrl({ response_type: 'token' }));
    expect(await page.getByText(/Support code/).innerText()).toMatch(/[A-Z0-9]{8,}/);
    await page.getByRole('link', { name: /Return to/ }).click();
    expect((await listener.next()).get('error')).toBe('unsupported_response_type');
  });

  it('is framed by nobody (W6)', async () => {
    const framing = await context.newPage();
    await framing.setContent(`<iframe src="${server.origin}/console/login"></iframe>`);
    await framing.waitForTimeout(500);
    const inside = framing.frames()[1];
    expect(await inside!.getByRole('textbox').count()).toBe(0);
    await framing.close();
  });

  it.each([320, 1280])('needs no sideways scrolling at %i px', async (width) => {
    await page.setViewportSize({ width, height: 700 });
    const client = await OAuthClient.register(server.origin, {
      client_name: 'A tool with a very long name that goes on and on and on and on',
      redirect_uris: [listener.redirectUri],
    });
    const fits = async () => {
      const box = await page.locator('html').evaluate((html) => [html.scrollWidth, html.clientWidth]);
      expect({ url: new URL(page.url()).pathname, fits: box[0]! <= box[1]! }).toEqual({
        url: new URL(page.url()).pathname,
        fits: true,
      });
    };
    await page.goto(client.authorizeUrl());
    await fits();
    await logIn(page, ann);
    await page.getByRole('group', { name: 'Organization' }).waitFor();
    await fits();
    await selectOrganization(page);
    await fits();
    for (const path of ['', '/organizations', '/connections', '/projects']) {
      await page.goto(`${server.origin}/console${path}`);
      await fits();
    }
  });
});
