import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newDatabase } from '../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { Mailbox } from '../support/mailbox.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { type App, giveEmailAndPassword, setUpApp } from '../support/second-factor.js';
import { startProcess, startServer, type TestServer } from '../support/server.js';

/** Each holds a connection at the lock; a sixth would be refused by the limit. */
const CONTENDERS = 5;

let mailbox: Mailbox;
let server: TestServer;
let witness: Witness;
let person: Person;
let app: App;
let recoveryCodes: string[];
let serial = 0;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({ database: 'postgres', variables: mailbox.variables });
  witness = Witness.of(server.config.databaseUrl);
});
afterAll(async () => {
  await server?.close();
  await mailbox?.close();
});
beforeEach(async () => {
  person = await addPerson(server.app, `ann${serial++}@example.com`);
  const browser = new HttpBrowser();
  await giveEmailAndPassword(server, browser, person);
  ({ app, recoveryCodes } = await setUpApp(server, browser));
});

const isIn = ({ html }: WebPage) => html.includes('action="/console/logout"');
const halfWay = async (browser = new HttpBrowser(), who: Pick<Person, 'email' | 'password'> = person) => ({
  browser,
  page: await giveEmailAndPassword(server, browser, who),
});
const toolHalfWay = async (browser = new HttpBrowser()) => {
  const client = await OAuthClient.register(server.origin);
  const { email, password } = person;
  return {
    browser,
    page: await browser.submit(await browser.get(client.authorizeUrl()), 'Log in', { email, password }),
  };
};
const STEPS = [
  ['console', halfWay],
  ['flow of a tool', toolHalfWay],
] as const;
const sessions = async () => (await server.query('SELECT 1 FROM sessions WHERE user_id = $1', [person.id])).length;
const wrong = () => (app.code() === '000000' ? '000001' : '000000');
const bare = ({ status, html, headers }: WebPage) => ({
  status,
  cookies: headers.getSetCookie().length,
  html: html.replace(/value="[^"]*"|challenge&quot;:&quot;[\w-]+/g, ''),
});

describe('E1 a person with a second factor', () => {
  it('looks like nobody, and like everybody else, until the password is right', async () => {
    const plain = await addPerson(server.app, `plain${serial++}@example.com`);
    const tries = [person.email, plain.email, `nobody${serial++}@example.com`].map((email) =>
      halfWay(new HttpBrowser(), { email, password: 'wrong password' }),
    );
    const [one, ...others] = (await Promise.all(tries)).map(({ page }) => bare(page));
    expect(one!.status).toBe(401);
    for (const other of others) expect(other).toEqual(one);
    const forgot = await Promise.all(
      [person.email, plain.email].map(async (email) => {
        const browser = new HttpBrowser();
        const page = await browser.get(`${server.origin}/console/forgot-password`);
        return textOf((await browser.submit(page, 'Send the link', { email })).html).replace(email, '');
      }),
    );
    expect(forgot[0]).toBe(forgot[1]);
  });
});

describe.each(STEPS)('W17 the second step at the %s', (_, begin) => {
  it('is not skipped: nothing sent, nothing right sent, another page asked for', async () => {
    const { browser, page } = await begin();
    const before = await sessions();
    for (const values of [{ code: undefined }, { code: '' }, { code: '   ' }, { code: 'x'.repeat(200) }]) {
      const still = await browser.submit(page, 'Continue', values);
      expect([still.status, textOf(still.html)]).toEqual([400, expect.stringContaining('Enter the code')]);
    }
    for (const code of ['000', '0000000', '-00001', '[object Object]', "' OR 1=1"])
      expect([code, (await browser.submit(page, 'Continue', { code })).status]).toEqual([code, 401]);
    await expectNoSession(browser, before);
  });

  it('needs to know who is half way in: nobody, and whoever was made up, is refused', async () => {
    const { browser, page } = await begin();
    const before = await sessions();
    const sealed = new URL(page.url).searchParams.get('person')!;
    for (const other of [undefined, '', 'x', `${sealed}x`, sealed.slice(0, -2)]) {
      const url = new URL(page.forms[0]!.action, server.origin);
      if (other === undefined) url.searchParams.delete('person');
      else url.searchParams.set('person', other);
      const form = { ...page, forms: [{ ...page.forms[0]!, action: url.href }] };
      expect((await browser.submit(form, 'Continue', { code: app.code() })).status).toBe(400);
    }
    await expectNoSession(browser, before);
  });

  it('is over in another browser, after ten minutes, with another password, and for somebody disabled', async () => {
    const { browser, page } = await begin();
    const before = await sessions();
    const other = new HttpBrowser();
    await other.get(`${server.origin}/console/login`);
    expect((await other.get(page.url)).status).toBe(400);
    const csrf = (await other.get(`${server.origin}/console/login`)).forms[0]!.fields[0]!.value;
    const handed = await other.post(
      new URL(page.forms[0]!.action, server.origin).href,
      new URLSearchParams({ csrf, code: app.fresh() }),
    );
    expect([handed.status, handed.leftTo]).toEqual([400, undefined]);
    expect(await sessions()).toBe(before);

    server.clock.advance(10 * 60 + 1);
    expect((await browser.submit(page, 'Continue', { code: app.code() })).status).toBe(400);

    const next = await begin();
    await server.query("UPDATE users SET password_hash = password_hash || ' ' WHERE id = $1", [person.id]);
    const dead = await next.browser.submit(next.page, 'Continue', { code: app.fresh() });
    expect([dead.status, textOf(dead.html)]).toEqual([400, expect.stringContaining('This step is over')]);
    await server.query('UPDATE users SET password_hash = trim(password_hash), disabled_at = now() WHERE id = $1', [
      person.id,
    ]);
    expect((await next.browser.submit(next.page, 'Continue', { code: app.fresh() })).status).toBe(400);
    await expectNoSession(browser, before);
  });

  it('W17 an operator’s session from before the factor governs nothing until it proves it', async () => {
    const operator = await addPerson(server.app, `operator${serial++}@example.com`);
    await server.query('UPDATE users SET operator = true WHERE id = $1', [operator.id]);
    const [old, own] = [new HttpBrowser(), new HttpBrowser()];
    for (const browser of [old, own]) await giveEmailAndPassword(server, browser, operator);
    const act = `${server.origin}/console/operator/people/${person.id}/end-sessions`;
    const form = await old.get(act);
    expect(form.status).toBe(200);
    const set = await setUpApp(server, own);
    const before = await sessions();
    for (const page of [
      await old.get(`${server.origin}/console/operator/people`),
      await old.submit(form, 'Log out everywhere', { confirm: person.email }),
    ])
      expect(page.url).toContain('/console/step-up');
    expect(await sessions()).toBe(before);
    const proving = await old.get(`${server.origin}/console/operator/people`);
    expect((await old.submit(proving, 'Continue', { code: set.app.fresh() })).url).toContain(
      '/console/operator/people',
    );
    expect((await own.get(`${server.origin}/console/operator/people`)).url).toContain('/console/operator/people');
  });

  it('E5 E6 E8 stops after five wrong codes, counted also in parallel; the right one too, whatever way it comes', async () => {
    const { browser, page } = await begin();
    const code = wrong();
    const tries = await Promise.all(Array.from({ length: 12 }, () => browser.submit(page, 'Continue', { code })));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([
      ...Array<number>(5).fill(401),
      ...Array<number>(7).fill(429),
    ]);
    const refused = await browser.submit(page, 'Continue', { code: app.code(1) });
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect([seconds > 0, seconds <= 15 * 60]).toEqual([true, true]);
    expect(textOf(refused.html)).toMatch(/Try again in \d+ minutes/);
    for (const [, again] of STEPS) {
      const anew = await again();
      for (const right of [app.code(1), recoveryCodes[0]!])
        expect((await anew.browser.submit(anew.page, 'Continue', { code: right })).status).toBe(429);
    }
    expect(await server.query('SELECT 1 FROM recovery_codes WHERE user_id = $1', [person.id])).toHaveLength(10);
    for (;;) {
      const { mail } = await mailbox.next(person.email);
      if (mail.text!.includes('wrong codes again and again')) break;
    }
  });

  it('W3 ends in a session with an id of its own, whatever the browser came with', async () => {
    const browser = new HttpBrowser();
    const chosen = 'A'.repeat(43);
    browser.cookies.set('bkend-session', chosen);
    const { page } = await begin(browser);
    await browser.submit(page, 'Continue', { code: app.fresh() });
    expect(browser.cookies.get('bkend-session')).not.toBe(chosen);
    const thief = new HttpBrowser();
    thief.cookies.set('bkend-session', chosen);
    expect(isIn(await thief.get(`${server.origin}/console`))).toBe(false);
  });
});

describe('codes', () => {
  it('of an app are good once: replayed in another log-in they are refused, and so is every one before', async () => {
    const code = app.fresh();
    const [first, second] = [await halfWay(), await halfWay()];
    expect(isIn(await first.browser.submit(first.page, 'Continue', { code }))).toBe(true);
    expect((await second.browser.submit(second.page, 'Continue', { code })).status).toBe(401);
    expect((await second.browser.submit(second.page, 'Continue', { code: app.code(-1) })).status).toBe(401);
    expect(isIn(await second.browser.submit(second.page, 'Continue', { code: app.fresh() }))).toBe(true);
  });

  it('that set the app up are used by that', async () => {
    const { browser, page } = await halfWay();
    expect((await browser.submit(page, 'Continue', { code: app.code() })).status).toBe(401);
  });

  it.each([
    ['an app', 'SELECT 1 FROM authenticator_apps WHERE user_id = $1 FOR UPDATE', () => app.fresh()],
    ['recovery', 'SELECT 1 FROM recovery_codes WHERE user_id = $1 FOR UPDATE', () => recoveryCodes[0]!],
  ])('of %s, sent many times at the row lock, log in once', async (_, lock, codeOf) => {
    const asks = await Promise.all(Array.from({ length: CONTENDERS }, () => halfWay()));
    const code = codeOf();
    const before = await sessions();
    const answers = await witness.releaseTogether(lock, [person.id], CONTENDERS, () =>
      Promise.all(asks.map(({ browser, page }) => browser.submit(page, 'Continue', { code }))),
    );
    expect(answers.filter(isIn)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(CONTENDERS - 1);
    expect(await sessions()).toBe(before + 1);
  });

  it('are not in the database, nor is what makes them', async () => {
    const [row] = await server.query<{ sealed_secret: string }>(
      'SELECT sealed_secret FROM authenticator_apps WHERE user_id = $1',
      [person.id],
    );
    expect(row!.sealed_secret).not.toContain(app.secret);
    const other = await addPerson(server.app, `eve${serial++}@example.com`);
    const browser = new HttpBrowser();
    await giveEmailAndPassword(server, browser, other);
    const { app: evil } = await setUpApp(server, browser);
    // Whoever can write the table cannot put their own secret in another's place.
    await server.query(
      'UPDATE authenticator_apps SET sealed_secret = (SELECT sealed_secret FROM authenticator_apps WHERE user_id = $1) WHERE user_id = $2',
      [other.id, person.id],
    );
    const { browser: attacker, page } = await halfWay();
    expect((await attacker.submit(page, 'Continue', { code: evil.fresh() })).status).toBe(401);
  });
});

describe('E12 the first account', () => {
  it('is nobody’s by default, and the link to make it works once: of two at once, one does', async () => {
    const database = await newDatabase('postgres');
    const node = await startProcess(database);
    try {
      for (const email of ['admin@example.com', 'root@example.com', 'admin'])
        for (const password of ['admin', 'password', PASSWORD])
          expect((await giveEmailAndPassword(node, new HttpBrowser(), { email, password })).status).toBe(401);
      const link = /\S+\/console\/setup\?token=\S+/.exec(node.output())![0];
      const make = async (email: string) => {
        const browser = new HttpBrowser();
        return browser.submit(await browser.get(link), 'Create account', {
          email,
          password: PASSWORD,
          organization: 'A',
        });
      };
      const answers = await Promise.all(['one@example.com', 'two@example.com'].map(make));
      expect(answers.map(isIn).toSorted()).toEqual([false, true]);
      expect((await new HttpBrowser().get(link)).status).toBe(410);
      expect(await Witness.of(database.url).query('SELECT 1 FROM users')).toHaveLength(1);
    } finally {
      await node.kill('SIGTERM');
      await database.remove();
    }
  });
});

async function expectNoSession(browser: HttpBrowser, before: number): Promise<void> {
  expect(browser.cookies.has('bkend-session')).toBe(false);
  expect(await sessions()).toBe(before);
}
