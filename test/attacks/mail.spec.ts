import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { HttpBrowser } from '../support/http-browser.js';
import { Mailbox } from '../support/mailbox.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let mailbox: Mailbox;
let server: TestServer;
let person: Person;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({
    database: 'postgres',
    variables: { ...mailbox.variables, TRUSTED_PROXIES: '127.0.0.1' },
  });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(async () => {
  await server?.close();
  await mailbox?.close();
});

const askForReset = async (email: string, address: string) => {
  const browser = new HttpBrowser({ 'x-forwarded-for': address });
  await browser.submit(await browser.get(`${server.origin}/console/forgot-password`), 'Send the link', { email });
};

it('E5 who has used up their own share of mails keeps nobody from a new password', async () => {
  const stranger = '198.51.100.7';
  for (let index = 0; index < 30; index++) await askForReset(`nobody${index}@example.com`, stranger);
  for (let index = 0; index < 6; index++) await askForReset(person.email, stranger);
  await askForReset(person.email, '203.0.113.1');
  await mailbox.next(person.email);
  expect(mailbox.mails).toEqual([]);
});

it('E5 invitations and new addresses cannot be used to flood anybody, nor to keep them from a new password', async () => {
  const browser = new HttpBrowser();
  await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
    email: person.email,
    password: PASSWORD,
  });
  const members = `${server.origin}/console/organizations/${person.organizationId}/members`;
  const victim = await addPerson(server.app, 'victim@example.com');
  const invite = async (email: string) =>
    (await browser.submit(await browser.get(members), 'Send the invitation', { email, role: 'member' })).status;
  for (let index = 0; index < 5; index++) {
    expect(await invite(victim.email)).toBe(200);
    await mailbox.next(victim.email);
  }
  expect(await invite(victim.email)).toBe(400);
  const account = await browser.get(`${server.origin}/console/account`);
  const asked = await browser.submit(account, 'Send the link', { email: victim.email, password: PASSWORD });
  expect(asked.status).toBe(400);
  expect(await invite('somebody@example.com')).toBe(200);
  await mailbox.next('somebody@example.com');
  expect(mailbox.mails).toEqual([]);
  await askForReset(victim.email, '203.0.113.2');
  await mailbox.next(victim.email);
});
