import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { giveEmailAndPassword, recoveryCodesOf, setUpApp, typedSecretOf } from '../../support/second-factor.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('a second factor, on %s', (database) => {
  let mailbox: Mailbox;
  let server: TestServer;
  let person: Person;
  let serial = 0;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    server = await startServer({ database, variables: { ...mailbox.variables, RATE_LIMITS: 'off' } });
  });
  afterAll(async () => {
    await server?.close();
    await mailbox?.close();
  });
  beforeEach(async () => {
    person = await addPerson(server.app, `ann${serial++}@example.com`);
  });

  const at = (path: string) => server.origin + path;
  const SECURITY = '/console/account/security';
  const isIn = ({ html }: WebPage) => html.includes('action="/console/logout"');
  const logIn = async (browser = new HttpBrowser()) => {
    await giveEmailAndPassword(server, browser, person);
    return browser;
  };
  const withApp = async () => {
    const browser = await logIn();
    return { browser, ...(await setUpApp(server, browser)) };
  };
  const halfWay = async (browser = new HttpBrowser()) => ({
    browser,
    page: await giveEmailAndPassword(server, browser, person),
  });
  const events = async () =>
    (
      await server.query<{ action: string }>('SELECT action FROM audit_events WHERE user_id = $1 ORDER BY id', [
        person.id,
      ])
    ).map(({ action }) => action);

  describe('an authenticator app', () => {
    it('is set up with a picture or a key, the password and its first code; mailed, and in the log', async () => {
      const browser = await logIn();
      expect(textOf((await browser.get(at('/console/account'))).html)).toContain('Second factor');
      const setup = await browser.get(at(`${SECURITY}/authenticator`));
      const picture = /src="data:image\/svg\+xml;base64,([^"]+)"/.exec(setup.html.replaceAll('&#x3D;', '='))![1]!;
      expect(Buffer.from(picture, 'base64').toString()).toMatch(/^<svg[^>]+viewBox/);
      const { app, page, recoveryCodes } = await setUpApp(server, browser);
      expect(app.secret).toMatch(/^[A-Z2-7]{32}$/);
      expect(textOf(page.html)).toContain('They are shown this once');
      expect(new Set(recoveryCodes).size).toBe(10);
      const { mail } = await mailbox.next(person.email);
      expect([mail.subject, mail.text]).toEqual([
        'The security of your account',
        expect.stringContaining('An authenticator app was set up'),
      ]);
      expect(await events()).toContain('user.authenticator_added');
      const shown = await browser.get(at(SECURITY));
      expect(textOf(shown.html)).toContain('10 are left');
      for (const code of recoveryCodes) expect(shown.html).not.toContain(code);
    });

    it('is not set up by a wrong code, a wrong password, or a page that another person or time made useless', async () => {
      const browser = await logIn();
      const setup = await browser.get(at(`${SECURITY}/authenticator`));
      const secret = typedSecretOf(setup);
      const { App } = await import('../../support/second-factor.js');
      const app = new App(server, secret);
      const wrong = await browser.submit(setup, 'Turn on', { code: '000000', password: PASSWORD });
      expect([wrong.status, typedSecretOf(wrong)]).toEqual([400, secret]);
      expect((await browser.submit(setup, 'Turn on', { code: app.code(), password: 'wrong' })).status).toBe(400);
      const other = await addPerson(server.app, `bob${serial++}@example.com`);
      const elsewhere = new HttpBrowser();
      await giveEmailAndPassword(server, elsewhere, other);
      const theirs = await elsewhere.get(at(`${SECURITY}/authenticator`));
      const sealed = setup.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'setup')!.value;
      expect(
        (await elsewhere.submit(theirs, 'Turn on', { setup: sealed, code: app.code(), password: PASSWORD })).status,
      ).toBe(400);
      server.clock.advance(30 * 60 + 1);
      const late = await browser.submit(setup, 'Turn on', { code: app.code(), password: PASSWORD });
      expect([late.status, textOf(late.html)]).toEqual([400, expect.stringContaining('waited too long')]);
      expect(
        await server.query('SELECT 1 FROM authenticator_apps WHERE user_id = ANY ($1)', [[person.id, other.id]]),
      ).toEqual([]);
    });

    it('is asked for after the password, at the console; the address that was asked for comes next', async () => {
      const { app } = await withApp();
      const browser = new HttpBrowser();
      const login = await browser.get(at('/console/projects'));
      const step = await browser.submit(login, 'Log in', { email: person.email, password: PASSWORD });
      expect([textOf(step.html), isIn(step)]).toEqual([expect.stringContaining('Confirm it is you'), false]);
      expect(browser.cookies.has('bkend-session')).toBe(false);
      const done = await browser.submit(step, 'Continue', { code: ` ${app.fresh().replace(/^.../, '$& ')} ` });
      expect([isIn(done), new URL(done.url).pathname]).toEqual([true, '/console/projects']);
      expect(
        await server.query(
          'SELECT second_factor FROM sessions WHERE user_id = $1 AND second_factor_at IS NOT NULL ORDER BY created_at DESC LIMIT 1',
          [person.id],
        ),
      ).toEqual([{ second_factor: 'authenticator' }]);
    });

    it('is asked for in the flow of a tool, which then goes on', async () => {
      const { app } = await withApp();
      const client = await OAuthClient.register(server.origin);
      const browser = new HttpBrowser();
      const { email, password, organizationId: organization } = person;
      const step = await browser.submit(await browser.get(client.authorizeUrl()), 'Log in', { email, password });
      expect(new URL(step.url).pathname).toBe('/mcp/oauth/authorize/second-factor');
      let page = await browser.submit(step, 'Continue', { code: app.fresh() });
      page = await browser.submit(page, 'Continue', { organization });
      const code = new URL((await browser.submit(page, 'Approve')).leftTo!).searchParams.get('code')!;
      expect((await client.exchange(code)).status).toBe(200);
    });

    it('is turned off with the password; then the password is enough, and the recovery codes are gone', async () => {
      const { browser } = await withApp();
      await mailbox.next(person.email);
      const page = await browser.get(at(SECURITY));
      expect((await browser.submit(page, 'Turn off the app', { password: 'wrong' })).status).toBe(400);
      const off = await browser.submit(page, 'Turn off the app', { password: PASSWORD });
      expect(textOf(off.html)).toContain('It is turned off');
      expect((await mailbox.next(person.email)).mail.text).toContain('was turned off');
      expect(await events()).toContain('user.authenticator_removed');
      expect(await server.query('SELECT 1 FROM recovery_codes WHERE user_id = $1', [person.id])).toEqual([]);
      expect(isIn((await halfWay()).page)).toBe(true);
    });

    it('works with a clock that is half a minute off either way, and no further', async () => {
      const { app } = await withApp();
      for (const [steps, status] of [
        [-2, 401],
        [2, 401],
        [-1, 200],
        [1, 200],
      ] as const) {
        server.clock.advance(120);
        const { browser, page } = await halfWay();
        expect([steps, (await browser.submit(page, 'Continue', { code: app.code(steps) })).status]).toEqual([
          steps,
          status,
        ]);
      }
    });
  });

  describe('recovery codes', () => {
    it('let somebody in once each, however they are typed; the owner is told', async () => {
      const { recoveryCodes } = await withApp();
      await mailbox.next(person.email);
      const code = ` ${recoveryCodes[0]!.toUpperCase().replaceAll('-', ' ')} `;
      const { browser, page } = await halfWay();
      expect(isIn(await browser.submit(page, 'Continue', { code }))).toBe(true);
      expect((await mailbox.next(person.email)).mail.text).toContain('recovery code');
      expect(textOf((await browser.get(at(SECURITY))).html)).toContain('9 are left');
      const again = await halfWay();
      expect((await again.browser.submit(again.page, 'Continue', { code })).status).toBe(401);
      expect(await events()).toContain('user.recovery_code_used');
    });

    it('are replaced by new ones with the password; few are said to be few', async () => {
      const { browser, recoveryCodes } = await withApp();
      for (const used of recoveryCodes.slice(0, 7)) {
        const one = await halfWay();
        await one.browser.submit(one.page, 'Continue', { code: used });
      }
      const few = await browser.get(at(SECURITY));
      expect(textOf(few.html)).toContain('Few recovery codes are left');
      expect((await browser.submit(few, 'Make new recovery codes', { password: 'wrong' })).status).toBe(400);
      const renewed = recoveryCodesOf(await browser.submit(few, 'Make new recovery codes', { password: PASSWORD }));
      expect(renewed).toHaveLength(10);
      const old = await halfWay();
      expect((await old.browser.submit(old.page, 'Continue', { code: recoveryCodes[9] })).status).toBe(401);
      expect(isIn(await old.browser.submit(old.page, 'Continue', { code: renewed[9] }))).toBe(true);
    });

    it('are worth nothing to another person', async () => {
      const { recoveryCodes } = await withApp();
      person = await addPerson(server.app, `carl${serial++}@example.com`);
      await withApp();
      const { browser, page } = await halfWay();
      expect((await browser.submit(page, 'Continue', { code: recoveryCodes[0] })).status).toBe(401);
    });
  });

  it('is not gone around by a forgotten password, nor by a new address', async () => {
    const { app, browser: known } = await withApp();
    await mailbox.next(person.email);
    const browser = new HttpBrowser();
    await browser.submit(await browser.get(at('/console/forgot-password')), 'Send the link', { email: person.email });
    const { link } = await mailbox.next(person.email);
    const password = 'violet anchor seventeen pelicans';
    await browser.submit(await browser.get(link), 'Save the password', { password });
    expect(isIn(await known.get(at('/console')))).toBe(false);
    let step = await giveEmailAndPassword(server, browser, { email: person.email, password });
    expect(textOf(step.html)).toContain('Confirm it is you');
    await browser.submit(step, 'Continue', { code: app.fresh() });
    const email = `moved${serial++}@example.com`;
    await browser.submit(await browser.get(at('/console/account')), 'Send the link', { email, password });
    await browser.submit(await browser.get((await mailbox.next(email)).link), 'Use this address');
    step = await giveEmailAndPassword(server, new HttpBrowser(), { email, password });
    expect(textOf(step.html)).toContain('Confirm it is you');
  });

  it('is asked of a session from before it was set up, ahead of every change to the account', async () => {
    const old = await logIn();
    const account = await old.get(at('/console/account'));
    const { app } = await withApp();
    for (const path of [`${SECURITY}/authenticator`, '/console/account/delete']) {
      const asked = await old.get(at(path));
      const acted = asked.html.includes('Delete my account')
        ? await old.submit(asked, 'Delete my account', { password: PASSWORD })
        : asked;
      expect(new URL(acted.url).pathname).toBe('/console/step-up');
    }
    const changed = await old.submit(account, 'Change the password', {
      current: PASSWORD,
      password: 'another long one here',
    });
    expect(new URL(changed.url).pathname).toBe('/console/step-up');
    const before = old.cookies.get('bkend-session')!;
    const asked = await old.get(at(`${SECURITY}/authenticator`));
    expect((await old.submit(asked, 'Continue', { code: '000000' })).status).toBe(401);
    const on = await old.submit(asked, 'Continue', { code: app.fresh() });
    expect(new URL(on.url).pathname).toBe(`${SECURITY}/authenticator`);
    // W3: who knew the session before knows nothing of it now.
    const thief = new HttpBrowser();
    thief.cookies.set('bkend-session', before);
    expect(isIn(await thief.get(at('/console')))).toBe(false);
  });

  it('goes with the account when that is deleted', async () => {
    const { browser } = await withApp();
    const confirmed = { confirm: person.email, password: PASSWORD };
    await browser.submit(await browser.get(at('/console/account/delete')), 'Delete my account', confirmed);
    for (const table of ['authenticator_apps', 'recovery_codes'])
      expect(await server.query(`SELECT 1 FROM ${table} WHERE user_id = $1`, [person.id])).toEqual([]);
  });
});
