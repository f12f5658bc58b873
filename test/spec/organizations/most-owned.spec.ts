import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MOST_OWNED } from '../../../src/database/repositories/organizations.repository.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let serial = 0;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
});
afterAll(() => server?.close());

const at = (path: string) => server.origin + path;
const enter = async ({ email }: Person) => {
  const browser = new HttpBrowser();
  await browser.submit(await browser.get(at('/console/login')), 'Log in', { email, password: PASSWORD });
  return browser;
};
const owned = async ({ id }: Person) =>
  (await server.query(`SELECT 1 FROM memberships WHERE user_id = $1 AND role = 'owner'`, [id])).length;
/** Somebody who owns so many; and belongs to another one, which does not count. */
const ownerOf = async (count: number) => {
  const person = await addPerson(server.app, `owner${++serial}@example.com`);
  await server.query(
    `WITH made AS (INSERT INTO organizations (name, created_at) SELECT 'One of many', now() FROM generate_series(1, $2::int) RETURNING id)
     INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT $1, id, 'owner', now() FROM made`,
    [person.id, count - 1],
  );
  const { organizationId } = await addPerson(server.app, `other${serial}@example.com`);
  await server.query(
    `INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, 'admin', now())`,
    [person.id, organizationId],
  );
  return person;
};

describe('the organizations one person makes', () => {
  it('are so many at most, in the console and where a tool asks', async () => {
    const person = await ownerOf(MOST_OWNED - 1);
    const browser = await enter(person);
    const page = await browser.get(at('/console/organizations'));
    const made = await browser.submit(page, 'Create organization', { name: 'The last' });
    expect(made.url).toContain('done=organization-created');
    const asking = await browser.get((await OAuthClient.register(server.origin)).authorizeUrl());
    for (const refused of [
      await browser.submit(page, 'Create organization', { name: 'Too many' }),
      await browser.submit(asking, 'Create organization', { name: 'Too many' }),
    ]) {
      expect(refused.status).toBe(400);
      expect(textOf(refused.html)).toContain(`You own ${MOST_OWNED} organizations, as many as one person may make.`);
      expect(refused.html).toContain('value="Too many"');
    }
    expect(await owned(person)).toBe(MOST_OWNED);
  });

  it('are no more when several are made at once', async () => {
    const person = await ownerOf(MOST_OWNED - 1);
    const browser = await enter(person);
    const page = await browser.get(at('/console/organizations'));
    const answers = await Witness.of(server.config.databaseUrl).releaseTogether(
      'SELECT 1 FROM users WHERE id = $1 FOR UPDATE',
      [person.id],
      4,
      () => Promise.all([1, 2, 3, 4].map((n) => browser.submit(page, 'Create organization', { name: `At once ${n}` }))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400]);
    expect(await owned(person)).toBe(MOST_OWNED);
  });

  it('are not counted for operators', async () => {
    const person = await ownerOf(MOST_OWNED);
    await server.query('UPDATE users SET operator = true WHERE id = $1', [person.id]);
    const browser = await enter(person);
    await browser.submit(await browser.get(at('/console/organizations')), 'Create organization', { name: 'One more' });
    expect(await owned(person)).toBe(MOST_OWNED + 1);
  });
});
