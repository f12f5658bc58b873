import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '../../src/oauth/role.js';
import { HttpBrowser, type WebPage } from '../support/http-browser.js';
import { Mailbox } from '../support/mailbox.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { App, setUpApp, typedSecretOf } from '../support/second-factor.js';
import { startServer, type TestServer } from '../support/server.js';
import { SoftwareAuthenticator } from '../support/software-authenticator.js';

const SECURITY = '/console/account/security';

let mailbox: Mailbox;
let server: TestServer;
let witness: Witness;
let serial = 0;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({ database: 'postgres', variables: { ...mailbox.variables, RATE_LIMITS: 'off' } });
  witness = Witness.of(server.config.databaseUrl);
});
afterAll(async () => {
  await server?.close();
  await mailbox?.close();
});

const at = (path: string) => server.origin + path;
const enter = async (browser: HttpBrowser, { email }: Person): Promise<WebPage> =>
  browser.submit(await browser.get(at('/console/login')), 'Log in', { email, password: PASSWORD });
const logIn = async (person: Person) => {
  const browser = new HttpBrowser();
  await enter(browser, person);
  return browser;
};
const rolesIn = ({ organizationId }: Person) =>
  witness.query('SELECT role FROM memberships WHERE organization_id = $1 ORDER BY role', [organizationId]);

it('W16 the old password, right when it was typed and changed before there was a session: nobody is let in', async () => {
  const person = await addPerson(server.app, 'ann@example.com');
  const owner = new HttpBrowser();
  await owner.submit(await owner.get(at('/console/forgot-password')), 'Send the link', { email: person.email });
  const choosing = await owner.get((await mailbox.next(person.email)).link);
  const thief = new HttpBrowser();
  // Whether there is a second factor is asked after the password was compared.
  let entering!: Promise<WebPage>;
  await witness.whileHeld('LOCK TABLE authenticator_apps IN ACCESS EXCLUSIVE MODE', [], async () => {
    entering = enter(thief, person);
    await witness.untilWaiting(1);
    await owner.submit(choosing, 'Save the password', { password: 'violet anchor seventeen pelicans' });
  });
  expect((await entering).status).toBe(400);
  expect((await thief.get(at('/console'))).url).toContain('/console/login');
  expect(await witness.query('SELECT 1 FROM sessions WHERE user_id = $1', [person.id])).toEqual([]);
});

it('W16 a new address that is confirmed while the password changes is not taken', async () => {
  const person = await addPerson(server.app, 'owner@example.com');
  const [owner, thief] = [await logIn(person), await logIn(person)];
  const asked = { email: 'thief@example.com', password: PASSWORD };
  await thief.submit(await thief.get(at('/console/account')), 'Send the link', asked);
  const confirming = await thief.get((await mailbox.next(asked.email)).link);
  const changing = await owner.get(at('/console/account'));
  // They take the row one after the other, as they came.
  const [changed, confirmed] = await witness.releaseTogether(
    'SELECT 1 FROM users WHERE id = $1 FOR UPDATE',
    [person.id],
    2,
    async () => {
      const renewed = { current: PASSWORD, password: 'violet anchor seventeen pelicans' };
      const change = owner.submit(changing, 'Change the password', renewed);
      await witness.untilWaiting(1);
      return Promise.all([change, thief.submit(confirming, 'Use this address')]);
    },
  );
  expect([changed.status, confirmed.status]).toEqual([200, 400]);
  expect(await witness.query('SELECT email FROM users WHERE id = $1', [person.id])).toEqual([{ email: person.email }]);
});

/** Somebody has typed the password, and sends it with the act. */
type Prepared = (person: Person) => Promise<() => Promise<WebPage>>;

const deleting: Prepared = async (person) => {
  const browser = await logIn(person);
  const page = await browser.get(at('/console/account/delete'));
  return () => browser.submit(page, 'Delete my account', { confirm: person.email, password: PASSWORD });
};
const settingUpApp: Prepared = async (person) => {
  const browser = await logIn(person);
  const page = await browser.get(at(`${SECURITY}/authenticator`));
  const code = new App(server, typedSecretOf(page)).code();
  return () => browser.submit(page, 'Turn on', { code, password: PASSWORD });
};
const addPasskey = async (browser: HttpBrowser) => {
  const page = await browser.get(at(`${SECURITY}/passkeys`));
  const passkey = new SoftwareAuthenticator(server.origin).make(page);
  return () => browser.submit(page, 'Add a passkey', { name: 'Phone', password: PASSWORD, passkey });
};
const addingPasskey: Prepared = async (person) => addPasskey(await logIn(person));
/** With an app and a passkey. */
const pressing =
  (button: string): Prepared =>
  async (person) => {
    const browser = await logIn(person);
    await setUpApp(server, browser);
    await (
      await addPasskey(browser)
    )();
    const page = await browser.get(at(SECURITY));
    return () => browser.submit(page, button, { password: PASSWORD });
  };

describe.each([
  ['the account is not deleted', deleting],
  ['no app is set up', settingUpApp],
  ['no passkey is added', addingPasskey],
  ['the app is not turned off', pressing('Turn off the app')],
  ['the passkey is not removed', pressing('Remove Phone')],
  ['no recovery codes are made', pressing('Make new recovery codes')],
])('W16 %s with the password, right when it was typed', (_, prepare) => {
  it.each([
    ['changed', "password_hash = 'another'"],
    ['of somebody disabled', 'disabled_at = now()'],
  ])('and %s before it was done', async (__, change) => {
    const person = await addPerson(server.app, `own${++serial}@example.com`);
    const act = await prepare(person);
    const events = () => witness.query('SELECT action FROM audit_events WHERE user_id = $1 ORDER BY id', [person.id]);
    const before = await events();
    const update = `UPDATE users SET ${change} WHERE id = $1`;
    const page = await witness.releaseTogether(update, [person.id], 1, act, 'COMMIT');
    expect(page.status).toBe(400);
    expect(await events()).toEqual(before);
  });
});

it('O15 two last owners who delete their accounts at once: one stays, as others are in the organization', async () => {
  const one = await addPerson(server.app, 'one@example.com');
  const other = await addPerson(server.app, 'other@example.com', { into: one.organizationId, role: 'owner' });
  await addPerson(server.app, 'member@example.com', { into: one.organizationId, role: 'member' });
  const leave = async (person: Person) => {
    const browser = await logIn(person);
    const page = await browser.get(at('/console/account/delete'));
    return () => browser.submit(page, 'Delete my account', { confirm: person.email, password: PASSWORD });
  };
  const leaving = await Promise.all([leave(one), leave(other)]);
  const answers = await witness.releaseTogether(
    'SELECT 1 FROM memberships WHERE organization_id = $1 FOR UPDATE',
    [one.organizationId],
    2,
    () => Promise.all(leaving.map((act) => act())),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  expect(await rolesIn(one)).toEqual([{ role: 'member' }, { role: 'owner' }]);
});

it.each([
  ['leave', 'Leave', { confirm: 'Acme' }],
  ['delete their accounts', 'Delete my account', { password: PASSWORD }],
])('O15 the last two owners who are not disabled %s at once: one stays', async (_, button, typed) => {
  const join = (role: Role, into?: string) =>
    addPerson(server.app, `owner${++serial}@example.com`, into ? { into, role } : {});
  const one = await join('owner');
  const [other, disabled] = [await join('owner', one.organizationId), await join('owner', one.organizationId)];
  await witness.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
  const leaving = await Promise.all(
    [one, other].map(async (person) => {
      const browser = await logIn(person);
      const removal = `/console/organizations/${one.organizationId}/members/${person.id}/remove`;
      const page = await browser.get(at(button === 'Leave' ? removal : '/console/account/delete'));
      return () => browser.submit(page, button, { confirm: person.email, ...typed });
    }),
  );
  const answers = await witness.releaseTogether(
    'SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE',
    [one.organizationId],
    2,
    () => Promise.all(leaving.map((act) => act())),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  expect(
    await witness.query(
      `SELECT u.disabled_at IS NULL AS able FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.organization_id = $1 AND m.role = 'owner' ORDER BY 1`,
      [one.organizationId],
    ),
  ).toEqual([{ able: false }, { able: true }]);
});

it('O15 two owners who remove each other at once: who was removed first removes nobody any more', async () => {
  const one = await addPerson(server.app, 'first@example.com');
  const other = await addPerson(server.app, 'second@example.com', { into: one.organizationId, role: 'owner' });
  await addPerson(server.app, 'third@example.com', { into: one.organizationId, role: 'owner' });
  const remove = async (actor: Person, { id, email }: Person) => {
    const browser = await logIn(actor);
    const page = await browser.get(at(`/console/organizations/${one.organizationId}/members/${id}/remove`));
    return () => browser.submit(page, 'Remove', { confirm: email });
  };
  const removals = await Promise.all([remove(one, other), remove(other, one)]);
  await witness.releaseTogether('SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE', [one.organizationId], 2, () =>
    Promise.all(removals.map((act) => act())),
  );
  expect(await rolesIn(one)).toEqual([{ role: 'owner' }, { role: 'owner' }]);
});
