import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { RegisteredClients } from '../../src/clients/registered-clients.js';
import { Policies } from '../../src/database/repositories/policies.repository.js';
import { ToolPolicy } from '../../src/policy/tool-policy.service.js';
import { launchBrowser } from '../support/browser.js';
import { logIn, selectOrganization } from '../support/chromium-person.js';
import { listenOnLoopback, type LoopbackListener } from '../support/loopback-listener.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
let listener: LoopbackListener;
let client: OAuthClient;
let person: Person;
let approvals = 0;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  browser = await launchBrowser({ keepsPages: true });
  listener = await listenOnLoopback();
  client = await OAuthClient.register(server.origin, { redirect_uris: [listener.redirectUri] });
}, 300_000);
afterAll(async () => {
  listener?.close();
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  person = await addPerson(server.app, `ann${approvals++}@example.com`);
});

const granted = async () => (await server.query('SELECT 1 FROM grants WHERE user_id = $1', [person.id])).length;
const approve = (page: Page) => page.getByRole('button', { name: 'Approve' });
/** Where a hand that does not look clicks, and when it clicks: most of half a second after there is something. */
const clickAtOnce = async (page: Page, name = 'Approve') => {
  await page.clock.runFor(400);
  const box = (await page.getByRole('button', { name }).boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
};
/** With its style: looking for a button before there is one has the browser lay the page out without. */
const shown = (page: Page, path: string) => page.waitForURL(({ pathname }) => pathname.endsWith(path));
/**
 * What makes them wait is the script's timer, and without script a transition. It stands still until `goOn`, however slow
 * the machine is; with script the transition is over at once, so that it is the script which is tried.
 */
const standStill = async (page: Page, byScript: boolean) => {
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(1_000);
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Animation.enable');
  await devTools.send('Animation.setPlaybackRate', { playbackRate: byScript ? 1_000 : 0 });
  return async () => {
    if (byScript) return page.clock.runFor(500);
    await devTools.send('Animation.setPlaybackRate', { playbackRate: 1 });
    while (
      await page.evaluate(`getComputedStyle(document.querySelector('[data-deliberate]')).pointerEvents === 'none'`)
    )
      await page.waitForTimeout(50);
  };
};
/** High enough that nobody need scroll to the button. */
const viewport = { width: 900, height: 1_600 };
const toApproval = async (page: Page) => {
  await page.goto(client.again().authorizeUrl());
  await logIn(page, person);
  await selectOrganization(page);
};

describe('W18 in Chromium', () => {
  it.each([true, false])(
    'W18 Approve does nothing just after the page is shown (script: %s)',
    async (javaScriptEnabled) => {
      const context = await browser.newContext({ javaScriptEnabled, viewport });
      const page = await context.newPage();
      const goOn = await standStill(page, javaScriptEnabled);
      await toApproval(page);
      await clickAtOnce(page);
      if (javaScriptEnabled) await approve(page).press('Enter', { noWaitAfter: true });
      await page.waitForTimeout(700);
      expect([await granted(), new URL(page.url()).pathname]).toEqual([0, '/mcp/oauth/authorize/approve']);
      await goOn();
      await clickAtOnce(page);
      await page.getByRole('heading', { name: 'Connected' }).waitFor();
      expect((await listener.next()).get('code')).toBeTruthy();
      await context.close();
    },
  );

  it('W18 nor just after it comes to the front again: the second half of a double click on a window above it', async () => {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    const goOn = await standStill(page, true);
    await toApproval(page);
    await goOn();
    expect(await approve(page).isEnabled()).toBe(true);
    // What is sent when the window above closes; without a screen there is no window above.
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await clickAtOnce(page);
    await page.waitForTimeout(300);
    expect([await granted(), await approve(page).isDisabled()]).toEqual([0, true]);
    await goOn();
    await approve(page).click();
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    expect((await listener.next()).get('code')).toBeTruthy();
    await context.close();
  });

  it.each([true, false])(
    'W18 nor does Continue where it is the answer: nobody is asked again for a tool that is trusted (script: %s)',
    async (javaScriptEnabled) => {
      const redirectUri = 'https://desk.example/cb';
      const { clientId } = await server.app
        .get(RegisteredClients, { strict: false })
        .register({ name: 'Desk', redirectUris: [redirectUri], authMethod: 'none', trusted: true });
      const context = await browser.newContext({ javaScriptEnabled, viewport });
      const page = await context.newPage();
      const goOn = await standStill(page, javaScriptEnabled);
      await page.goto(
        new OAuthClient(server.origin, { client_id: clientId, redirect_uris: [redirectUri] }).authorizeUrl(),
      );
      await logIn(page, person);
      await shown(page, '/mcp/oauth/authorize/organization');
      await clickAtOnce(page, 'Continue');
      await page.waitForTimeout(700);
      expect([await granted(), new URL(page.url()).pathname]).toEqual([0, '/mcp/oauth/authorize/organization']);
      await goOn();
      // Only now: while a browser hands its requests over, it keeps no style sheet from the page before.
      await context.route(`${redirectUri}*`, (route) =>
        route.fulfill({ contentType: 'text/html', body: '<h1>Connected</h1>' }),
      );
      await clickAtOnce(page, 'Continue');
      await page.getByRole('heading', { name: 'Connected' }).waitFor();
      expect([await granted(), new URL(page.url()).searchParams.has('code')]).toEqual([1, true]);
      await context.close();
    },
  );

  it.each([true, false])(
    'W18 nor does Approve of somebody who asks for a tool (script: %s)',
    async (javaScriptEnabled) => {
      const { organizationId, id: by } = person;
      const becomes = { verdict: 'ask', ceiling: null, expiresAt: null } as const;
      const { version } = await server.app.get(Policies, { strict: false }).read(organizationId);
      const change = { tool: '*', people: 'everybody', becomes } as const;
      await server.app.get(ToolPolicy, { strict: false }).save({ organizationId, change, version, by });
      const member = await addPerson(server.app, `bo${approvals}@example.com`, {
        into: organizationId,
        role: 'member',
      });
      const asking = await client.again().toApproval(member);
      await asking.browser.submit(asking.page, 'Ask for it', { reason: 'To see the projects' });
      const [request] = await server.query<{ id: string }>('SELECT id FROM access_requests WHERE user_id = $1', [
        member.id,
      ]);
      const answer = async () =>
        (
          await server.query<{ answer: string | null }>('SELECT answer FROM access_requests WHERE user_id = $1', [
            member.id,
          ])
        )[0]!.answer;

      const context = await browser.newContext({ javaScriptEnabled, viewport });
      const page = await context.newPage();
      const goOn = await standStill(page, javaScriptEnabled);
      await page.goto(`${server.origin}/console/organizations/${organizationId}/policy/requests/${request!.id}`);
      await logIn(page, person);
      await shown(page, `/policy/requests/${request!.id}`);
      await clickAtOnce(page);
      await page.waitForTimeout(700);
      expect([await answer(), new URL(page.url()).pathname]).toEqual([null, expect.stringContaining(request!.id)]);
      await goOn();
      await clickAtOnce(page);
      await page.getByText('Nobody is waiting for an answer.').waitFor();
      expect(await answer()).toBe('approved');
      await context.close();
    },
  );

  it('W18 nothing is shown from the pages that a browser keeps, once somebody has logged out', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    /** Goes there, on, and back: whether the page was kept as it was. */
    const kept = async (url: string, meanwhile = async () => {}) => {
      await page.goto(url);
      await page.evaluate('globalThis.kept = true');
      await page.goto(listener.redirectUri.replace('callback', 'other'));
      await meanwhile();
      await page.goBack({ waitUntil: 'commit' });
      return page.evaluate("'kept' in globalThis");
    };
    expect(await kept(listener.redirectUri.replace('callback', 'plain'))).toBe(true);

    await page.goto(`${server.origin}/console/login`);
    await logIn(page, person);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const before = await kept(`${server.origin}/console/account`, async () => {
      const other = await context.newPage();
      await other.goto(`${server.origin}/console`);
      await other.getByRole('button', { name: 'Log out' }).click();
      await other.getByRole('button', { name: 'Log in' }).waitFor();
      await other.close();
    });
    expect(before).toBe(false);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain(person.email);
    await context.close();
  });
});
