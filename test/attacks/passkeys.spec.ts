import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../support/http-browser.js';
import { Mailbox } from '../support/mailbox.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { giveEmailAndPassword, recoveryCodesOf } from '../support/second-factor.js';
import { askedBy, type Deviation, SoftwareAuthenticator } from '../support/software-authenticator.js';
import { startServer, type TestServer } from '../support/server.js';

const CONTENDERS = 5;
const USE = 'Use a passkey';
const SECURITY = '/console/account/security';

describe.each(BOTH_DATABASES)('passkeys, on %s', (database) => {
  let mailbox: Mailbox;
  let server: TestServer;
  let person: Person;
  let home: HttpBrowser;
  let device: SoftwareAuthenticator;
  let recoveryCodes: string[];
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
    home = new HttpBrowser();
    await giveEmailAndPassword(server, home, person);
    device = new SoftwareAuthenticator(server.origin);
    recoveryCodes = recoveryCodesOf(await add(home, device));
    server.clock.advance(1);
  });

  const at = (path: string) => server.origin + path;
  const isIn = ({ html }: WebPage) => html.includes('action="/console/logout"');
  const login = async (browser = new HttpBrowser()) => ({ browser, page: await browser.get(at('/console/login')) });
  const add = async (browser: HttpBrowser, made: SoftwareAuthenticator, deviation: Deviation = {}) => {
    const page = await browser.get(at(`${SECURITY}/passkeys`));
    const passkey = made.make(page, deviation);
    return browser.submit(page, 'Add a passkey', { name: 'Phone', password: PASSWORD, passkey });
  };
  const stored = () =>
    server.query<{ id: string; name: string }>('SELECT id, name FROM passkeys WHERE user_id = $1', [person.id]);

  it('are added with the password, mailed, and in the log; recovery codes come with the first', async () => {
    expect(recoveryCodes).toHaveLength(10);
    expect((await mailbox.next(person.email)).mail.text).toContain('A passkey was added');
    expect(textOf((await home.get(at(SECURITY))).html)).toContain('Phone');
    const handles = await server.query<{ user_handle: Buffer }>('SELECT user_handle FROM passkeys');
    for (const { user_handle } of handles) expect(user_handle).toHaveLength(32);
    expect((await add(home, device)).status).toBe(400);
  });

  it('log in by themselves, as both factors; at the console and in the flow of a tool', async () => {
    const { browser, page } = await login();
    expect(isIn(await browser.submit(page, USE, { passkey: device.answer(page) }))).toBe(true);
    server.clock.advance(1);
    const client = await OAuthClient.register(server.origin);
    const other = new HttpBrowser();
    const asked = await other.get(client.authorizeUrl());
    const next = await other.submit(asked, USE, { passkey: device.answer(asked) });
    expect(textOf(next.html)).toContain('Select an organization');
    expect(
      await server.query("SELECT 1 FROM sessions WHERE user_id = $1 AND second_factor = 'passkey'", [person.id]),
    ).toHaveLength(3);
  });

  it('are asked for after the password, in whose place a recovery code will do; and to step up', async () => {
    const browser = new HttpBrowser();
    const step = await giveEmailAndPassword(server, browser, person);
    expect([isIn(step), browser.cookies.has('bkend-session')]).toEqual([false, false]);
    expect(isIn(await browser.submit(step, USE, { passkey: device.answer(step) }))).toBe(true);
    const lost = new HttpBrowser();
    const again = await giveEmailAndPassword(server, lost, person);
    expect(isIn(await lost.submit(again, 'Continue', { code: recoveryCodes[0] }))).toBe(true);
    await server.query('UPDATE sessions SET second_factor_at = NULL WHERE user_id = $1', [person.id]);
    const asked = await browser.get(at(`${SECURITY}/passkeys`));
    expect(new URL(asked.url).pathname).toBe('/console/step-up');
    server.clock.advance(1);
    const on = await browser.submit(asked, USE, { passkey: device.answer(asked) });
    expect(new URL(on.url).pathname).toBe(`${SECURITY}/passkeys`);
  });

  it('are renamed and removed by their owner alone; then they log nobody in', async () => {
    const [passkey] = await stored();
    const mallory = await addPerson(server.app, `mallory${serial++}@example.com`);
    const evil = new HttpBrowser();
    await giveEmailAndPassword(server, evil, mallory);
    const csrf = (await evil.get(at('/console'))).forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
    for (const act of ['rename', 'remove']) {
      const body = new URLSearchParams({ csrf, name: 'Evil', password: PASSWORD });
      expect((await evil.post(at(`${SECURITY}/passkeys/${passkey!.id}/${act}`), body)).status).toBe(404);
    }
    await home.submit(await home.get(at(SECURITY)), 'Save the name', { name: 'Key' });
    expect(await stored()).toEqual([{ id: passkey!.id, name: 'Key' }]);
    const page = await home.get(at(SECURITY));
    const button = page.forms.flatMap(({ buttons }) => buttons).find(({ label }) => label.startsWith('Remove'))!.label;
    expect((await home.submit(page, button, { password: 'wrong' })).status).toBe(400);
    const asked = await login();
    expect(textOf((await home.submit(page, button, { password: PASSWORD })).html)).toContain('The passkey is removed.');
    const refused = await asked.browser.submit(asked.page, USE, { passkey: device.answer(asked.page) });
    expect([refused.status, await stored()]).toEqual([401, []]);
    expect(isIn(await giveEmailAndPassword(server, new HttpBrowser(), person))).toBe(true);
  });

  it.each<[string, Deviation]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another site', { rpId: 'evil.example' }],
    ['nobody verified', { flags: 1 }],
    ['nobody there', { flags: 0 }],
    ['a challenge of nobody', { challenge: 'A'.repeat(80) }],
    ['the answer to something else', { type: 'webauthn.create' }],
    ['another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ['another person', { handle: Buffer.alloc(32).toString('base64url') }],
    ['no person', { handle: undefined }],
  ])('are refused with %s', async (_, deviation) => {
    const { browser, page } = await login();
    const refused = await browser.submit(page, USE, { passkey: device.answer(page, deviation) });
    expect([refused.status, isIn(refused), browser.cookies.has('bkend-session')]).toEqual([401, false, false]);
    expect(isIn(await browser.submit(page, USE, { passkey: device.answer(page) }))).toBe(true);
  });

  it('are not made with another origin, site or challenge, nor when nobody was verified', async () => {
    for (const deviation of [
      { origin: 'https://evil.example' },
      { rpId: 'evil.example' },
      { flags: 1 },
      { challenge: askedBy((await login()).page).challenge },
    ])
      expect((await add(home, new SoftwareAuthenticator(server.origin), deviation)).status).toBe(400);
    expect(await stored()).toHaveLength(1);
  });

  it('are refused for a challenge of another browser, another use, another person, or five minutes ago', async () => {
    const [mine, theirs] = [await login(), await login()];
    const { challenge } = askedBy(theirs.page);
    expect(
      (await mine.browser.submit(mine.page, USE, { passkey: device.answer(mine.page, { challenge }) })).status,
    ).toBe(401);
    const step = await giveEmailAndPassword(server, mine.browser, person);
    const passkey = device.answer(mine.page);
    expect((await mine.browser.submit(step, USE, { passkey })).status).toBe(401);
    const other = await addPerson(server.app, `bob${serial++}@example.com`);
    const bob = new HttpBrowser();
    await giveEmailAndPassword(server, bob, other);
    await add(bob, new SoftwareAuthenticator(server.origin));
    const bobs = await giveEmailAndPassword(server, new HttpBrowser(), other);
    const elsewhere = new HttpBrowser();
    const asBob = await giveEmailAndPassword(server, elsewhere, other);
    expect(textOf(bobs.html)).toContain('Confirm it is you');
    expect((await elsewhere.submit(asBob, USE, { passkey: device.answer(asBob) })).status).toBe(401);
    server.clock.advance(5 * 60 + 1);
    expect((await mine.browser.submit(mine.page, USE, { passkey })).status).toBe(401);
  });

  it('answer each challenge once, and none from before it; a count that goes back is refused', async () => {
    const [older, newer] = [await login(), (server.clock.advance(1), await login())];
    device.count = 7;
    const passkey = device.answer(newer.page);
    expect(isIn(await newer.browser.submit(newer.page, USE, { passkey }))).toBe(true);
    for (const { browser, page } of [older, newer])
      expect((await browser.submit(page, USE, { passkey: device.answer(page, { count: 8 }) })).status).toBe(401);
    server.clock.advance(1);
    for (const [count, status] of [
      [7, 401],
      [6, 401],
      [0, 401],
      [8, 200],
    ] as const) {
      const { browser, page } = await login();
      expect([count, (await browser.submit(page, USE, { passkey: device.answer(page, { count }) })).status]).toEqual([
        count,
        status,
      ]);
    }
  });

  it('log in nobody who is disabled', async () => {
    await server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [person.id]);
    const { browser, page } = await login();
    expect((await browser.submit(page, USE, { passkey: device.answer(page) })).status).toBe(401);
  });

  it.each([
    '',
    'x',
    '{}',
    'null',
    '[]',
    '"x"',
    '{"id":1}',
    '{"id":"x","response":{}}',
    `{"id":"${'A'.repeat(20_000)}"}`,
  ])('are refused when the answer is %.30s', async (passkey) => {
    const { browser, page } = await login();
    expect((await browser.submit(page, USE, { passkey })).status).toBe(401);
    expect(
      (
        await home.submit(await home.get(at(`${SECURITY}/passkeys`)), 'Add a passkey', {
          name: 'P',
          password: PASSWORD,
          passkey,
        })
      ).status,
    ).toBe(400);
  });

  if (database === 'postgres')
    it('of many answers to one challenge at the row lock, one logs in', async () => {
      const { browser, page } = await login();
      const passkey = device.answer(page);
      const answers = await Witness.of(server.config.databaseUrl).releaseTogether(
        'SELECT 1 FROM passkeys WHERE user_id = $1 FOR UPDATE',
        [person.id],
        CONTENDERS,
        () => Promise.all(Array.from({ length: CONTENDERS }, () => browser.submit(page, USE, { passkey }))),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(CONTENDERS - 1).fill(401)]);
    });
});
