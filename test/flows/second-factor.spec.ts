import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn, selectOrganization } from '../support/chromium-person.js';
import { eventually } from '../support/eventually.js';
import { listenOnLoopback } from '../support/loopback-listener.js';
import { Mailbox } from '../support/mailbox.js';
import { OAuthClient } from '../support/oauth-client.js';
import { PasskeyDevice } from '../support/passkey-device.js';
import { addPerson, type Person } from '../support/people.js';
import { App } from '../support/second-factor.js';
import { startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

let mailbox: Mailbox;
let server: TestServer;
let browser: Browser;
let ann: Person;
let page: Page;
let serial = 0;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  const variables = { RATE_LIMITS: 'off', ...mailbox.variables };
  server = await startServer({ database: 'postgres', host: 'localhost', variables });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await mailbox?.close();
});
afterEach(() => page.context().close());
beforeEach(async () => {
  ann = await addPerson(server.app, `ann${serial++}@example.com`);
});

const at = (path: string) => server.origin + path;
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
const heading = (name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const codesShown = async () => (await page.locator('.codes li').allInnerTexts()).map((code) => watch.keep(code));
const toLogIn = async () => {
  await page.context().clearCookies({ name: 'bkend-session' });
  // A challenge is answered once, and none from before it.
  server.clock.advance(1);
  await page.goto(at('/console/login'));
};
/** A browser that offers no passkeys among the saved log-ins. */
const withoutAutofill = () => {
  delete (globalThis as { PublicKeyCredential?: { isConditionalMediationAvailable?: unknown } }).PublicKeyCredential!
    .isConditionalMediationAvailable;
};
const enter = async () => {
  await toLogIn();
  await logIn(page, ann);
};

describe('passkeys in Chromium, with script', () => {
  let device: PasskeyDevice;
  beforeEach(async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    page.on('pageerror', (error) => watch.unexpectedFailures.push(`${page.url()}: ${error.message}`));
    await page.clock.install();
    device = await PasskeyDevice.of(page);
    await enter();
    await page.goto(at('/console/account/security'));
    await page.getByRole('link', { name: 'Add a passkey' }).click();
  });

  const makeOne = async ({ password = ann.password } = {}) => {
    await page.getByLabel('Name of the passkey').fill('Laptop');
    await page.getByLabel('Current password').fill(password);
    await device.touched(true);
    await press('Add a passkey');
  };
  const add = async () => {
    await makeOne();
    await heading('Your recovery codes');
    await device.touched(false);
  };
  /** Time goes on, here and there: an open page's timers run. */
  const wait = async (seconds: number) => {
    server.clock.advance(seconds);
    await page.clock.runFor(seconds * 1000);
  };
  /** What the page asked by itself has come to the device, which was not touched then: it stays unanswered. */
  const settled = () => page.waitForTimeout(500);
  const failure = () => page.getByText('No passkey was used.');

  it('is added with the password and mailed; then logs in when it is chosen among the saved log-ins, and by its button', async () => {
    expect(await page.getByText('A passkey needs script').isVisible()).toBe(false);
    await add();
    expect(await codesShown()).toHaveLength(10);
    expect((await mailbox.next(ann.email)).mail.text).toContain('A passkey was added to your account: Laptop.');
    await page.getByRole('link', { name: 'I have saved them' }).click();
    await page.getByRole('heading', { name: 'Laptop' }).waitFor();
    await press('Log out');

    // Nobody presses anything: the page has asked for one among the saved log-ins.
    await device.touched(true);
    await toLogIn();
    await heading('Overview');

    await page.addInitScript(withoutAutofill);
    await toLogIn();
    await press('Use a passkey');
    await heading('Overview');
    expect(await server.query('SELECT DISTINCT second_factor FROM sessions WHERE user_id = $1', [ann.id])).toEqual(
      expect.arrayContaining([{ second_factor: 'passkey' }]),
    );
  });

  it('is the second factor after the password, steps up, and logs in on the way to a tool', async () => {
    await add();
    await enter();
    await heading('Confirm it is you');
    await device.touched(true);
    await press('Use a passkey');
    await heading('Overview');
    await server.query('UPDATE sessions SET second_factor_at = NULL WHERE user_id = $1', [ann.id]);
    server.clock.advance(1);
    await page.goto(at('/console/account/security/passkeys'));
    await heading('Confirm it is you');
    await press('Use a passkey');
    await heading('Add a passkey');

    await page.context().clearCookies();
    server.clock.advance(1);
    const listener = await listenOnLoopback();
    const tool = await OAuthClient.register(server.origin, { redirect_uris: [listener.redirectUri] });
    await page.goto(tool.authorizeUrl());
    await selectOrganization(page);
    await press('Approve');
    expect((await tool.exchange((await listener.next()).get('code')!)).status).toBe(200);
    listener.close();
  });

  it('is refused when the device does not know who touches it, in words; and offered among the saved log-ins again', async () => {
    await add();
    await page.addInitScript(() => {
      // What is asked of the browser: by the page itself, and by the button.
      const { credentials } = (globalThis as unknown as { navigator: { credentials: { get(asked: object): unknown } } })
        .navigator;
      const get = credentials.get.bind(credentials);
      const asked: unknown[] = [];
      credentials.get = (options: { mediation?: string }) => (asked.push(options.mediation), get(options));
      Object.assign(globalThis, { asked });
    });
    await toLogIn();
    await settled();
    await device.knowsItsOwner(false);
    await device.touched(true);
    await press('Use a passkey');
    await failure().waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { asked: unknown[] }).asked)).toEqual([
      'conditional',
      undefined,
      'conditional',
    ]);
    await device.knowsItsOwner(true);
    await toLogIn();
    await heading('Overview');
  });

  it('is used from a page that was open for long: what it asks is never older than four minutes', async () => {
    await add();
    await toLogIn();
    const asked = () => page.locator('form[data-passkey]').getAttribute('data-passkey');
    for (let round = 0; round < 4; round++) {
      const before = await asked();
      await wait(240);
      await eventually(async () => expect(await asked()).not.toBe(before));
    }
    await device.touched(true);
    await wait(240);
    await heading('Overview');
  });

  it('is not taken from under the hand of somebody who looks for it: the page asks nothing else meanwhile', async () => {
    await add();
    await toLogIn();
    await press('Use a passkey');
    await settled();
    await wait(241);
    await wait(241);
    expect(await failure().isVisible()).toBe(false);
    // Pressed again, it is asked anew, and nothing has failed.
    await device.touched(true);
    await press('Use a passkey');
    await heading('Overview');
  });

  it('is made once, however often the password is mistyped and however long that takes', async () => {
    await makeOne({ password: 'not that one' });
    await page.getByText('That is not your current password.').waitFor();
    await wait(360);
    await add();
    expect(await device.passkeys()).toBe(1);
    await device.touched(true);
    await toLogIn();
    await heading('Overview');
  });

  it('is not made twice on one device, which is said', async () => {
    await add();
    await page.goto(at('/console/account/security/passkeys'));
    await makeOne();
    await page.getByText('This device has a passkey of yours already.').waitFor();
    expect(await device.passkeys()).toBe(1);
  });

  it('logs nobody in once it is removed', async () => {
    await add();
    await page.goto(at('/console/account/security'));
    await page.getByText('Change Laptop').click();
    await page.getByLabel('Current password').first().fill(ann.password);
    await press('Remove Laptop');
    await page.getByText('The passkey is removed.').waitFor();
    await page.addInitScript(withoutAutofill);
    await toLogIn();
    await device.touched(true);
    await press('Use a passkey');
    await page.getByText('That passkey was not accepted.').waitFor();
  });
});

describe('a second factor in Chromium, without script', () => {
  beforeEach(async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    await enter();
    await heading('Overview');
  });

  it('no page offers a passkey, and the one that makes them says why', async () => {
    await page.goto(at('/console/account/security/passkeys'));
    await page.getByText('A passkey needs script').waitFor();
    expect(await page.getByRole('button', { name: 'Add a passkey' }).count()).toBe(0);
    await toLogIn();
    expect(await page.getByRole('button').allInnerTexts()).toEqual(['Log in']);
  });

  it('an app is set up by the key it is given; its code logs in once, a recovery code once', async () => {
    await page.getByRole('link', { name: ann.email }).click();
    await page.getByRole('link', { name: 'Second factor' }).click();
    await page.getByRole('link', { name: 'Set up an authenticator app' }).click();
    await page.getByText('No camera?').click();
    const app = new App(server, (await page.locator('code').innerText()).replaceAll(' ', ''));
    const confirm = async (code: string) => {
      await page.getByLabel('Code the app shows').fill(code);
      await page.getByLabel('Current password').fill(ann.password);
      await press('Turn on');
    };
    await confirm('000000');
    await page.getByRole('alert').waitFor();
    await confirm(app.code());
    await heading('Your recovery codes');
    const [recoveryCode] = await codesShown();
    expect((await mailbox.next(ann.email)).mail.text).toContain('An authenticator app was set up');

    const give = async (code: string) => {
      await enter();
      await heading('Confirm it is you');
      await page.getByLabel('Code').fill(code);
      await press('Continue');
    };
    const code = app.fresh();
    await give(code);
    await heading('Overview');
    await give(code);
    await page.getByText('That code is not right, or was used before.').waitFor();
    await give(recoveryCode!.toUpperCase());
    await heading('Overview');
    expect((await mailbox.next(ann.email)).mail.text).toContain('A recovery code of your account was used');
    await give(recoveryCode!);
    await page.getByText('That code is not right, or was used before.').waitFor();
    await give(app.fresh());
    await heading('Overview');
    await page.goto(at('/console/account/security'));
    await page.getByText('9 are left.').waitFor();
  });
});
