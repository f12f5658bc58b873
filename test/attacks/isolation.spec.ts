import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { Mailbox } from '../support/mailbox.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { expectError, expectRefusal } from '../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { startServer, type TestServer } from '../support/server.js';

/** Two organizations with a project each, and somebody who belongs to both. */
let mailbox: Mailbox;
let server: TestServer;
let client: OAuthClient;
let ann: Person;
let bob: Person;
let both: Person;
let serial = 0;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({
    database: 'postgres',
    // Two connections, so that everything below is served in turn by the same ones.
    variables: { ...mailbox.variables, RATE_LIMITS: 'off', DATABASE_POOL: '2' },
  });
  client = await OAuthClient.register(server.origin);
});
afterAll(async () => {
  await server?.close();
  await mailbox?.close();
});
beforeEach(async () => {
  serial++;
  ann = await addPerson(server.app, `ann${serial}@example.com`, { organization: 'Acme' });
  bob = await addPerson(server.app, `bob${serial}@example.com`, { organization: 'Bobs' });
  both = await addPerson(server.app, `both${serial}@example.com`, { into: ann.organizationId, role: 'admin' });
  await join(both, bob.organizationId, 'admin');
});

const join = ({ id }: Person, organizationId: string, role: string) =>
  server.query('INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, $3, now())', [
    id,
    organizationId,
    role,
  ]);
const logIn = async ({ email }: Pick<Person, 'email'>) => {
  const browser = new HttpBrowser();
  await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', { email, password: PASSWORD });
  return browser;
};
const call = async (token: string, name: string, args: Record<string, unknown> = {}) => {
  const { status, json } = await callMcp(server.origin, token, 'tools/call', { name, arguments: args });
  const result = (json['result'] ?? {}) as { isError?: boolean; structuredContent?: Record<string, unknown> };
  return { status, isError: result.isError === true, content: result.structuredContent, text: JSON.stringify(json) };
};
const subjectOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }).sub;
const members = (organizationId: string) => `${server.origin}/console/organizations/${organizationId}/members`;
const invite = async (by: Person, email: string) => {
  const browser = await logIn(by);
  await browser.submit(await browser.get(members(by.organizationId)), 'Send the invitation', { email, role: 'member' });
  return (await mailbox.next(email)).link;
};
const organizationsOf = async (email: string) =>
  (
    await server.query<{ organization_id: string }>(
      'SELECT organization_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = $1',
      [email],
    )
  ).map(({ organization_id }) => organization_id);

describe('O: one organization knows nothing of another', () => {
  it('O2 another organization selected in another tab: the code is for the one that the page shows', async () => {
    const one = client.again();
    const { browser, page } = await one.toApproval(both, { browser: await logIn(both) });
    expect(textOf(page.html)).toContain('Acme');
    const select = `${server.origin}/console/organizations`;
    await browser.submit(await browser.get(select), 'Select Bobs');
    const other = await client.again().toApproval({ ...both, organizationId: bob.organizationId }, { browser });
    expect(textOf(other.page.html)).toContain('Bobs');
    for (const fields of [{}, { organization: bob.organizationId }]) {
      const { leftTo, status } = await browser.submit(page, 'Approve', fields);
      if (!leftTo) {
        // Answered by the round before.
        expect(status).toBe(400);
        continue;
      }
      const tokens = (await one.exchange(new URL(leftTo).searchParams.get('code')!)).json;
      const { content } = await call(tokens['access_token'] as string, 'get_organization');
      expect(content).toMatchObject({ id: ann.organizationId });
    }
    expect(await server.query('SELECT organization_id FROM grants WHERE user_id = $1', [both.id])).toEqual([
      { organization_id: ann.organizationId },
    ]);
  });

  it('O6 an organization that nobody belongs to any more: its tokens do nothing, and others live', async () => {
    const here = client.again();
    const there = client.again();
    const tokens = await here.connect(both);
    const waiting = client.again();
    const code = await waiting.code(both);
    const others = await there.connect({ ...both, organizationId: bob.organizationId });
    await server.query('DELETE FROM memberships WHERE organization_id = $1', [ann.organizationId]);
    expectError(await waiting.exchange(code), 'invalid_grant');
    expectError(await here.refresh(tokens.refresh_token), 'invalid_grant');
    const listed = await call(tokens.access_token, 'list_projects');
    expect([listed.status === 401 || listed.isError, listed.content]).toEqual([true, undefined]);
    expect((await there.refresh(others.refresh_token)).status).toBe(200);
    expect((await call(others.access_token, 'list_projects')).content).toEqual({ projects: [] });
  });

  it('O7 who is demoted: pages of administrators are gone at once, and tools do no more than a member may', async () => {
    const browser = await logIn(both);
    const tokens = await client.again().connect(both);
    const pages = ['connections', 'audit', 'audit/export', 'connections/end?everything=1'].map(
      (path) => `${server.origin}/console/organizations/${ann.organizationId}/${path}`,
    );
    for (const url of pages) expect({ url, status: (await browser.get(url)).status }).toEqual({ url, status: 200 });
    await server.query("UPDATE memberships SET role = 'member' WHERE user_id = $1", [both.id]);
    for (const url of pages) expect({ url, status: (await browser.get(url)).status }).toEqual({ url, status: 404 });
    expect((await call(tokens.access_token, 'create_project', { name: 'X' })).isError).toBe(true);
    expect(await server.query('SELECT 1 FROM projects WHERE organization_id = $1', [ann.organizationId])).toEqual([]);
  });

  it('O9 a token of one organization reads and changes nothing of another, though the person belongs to both', async () => {
    const here = (await client.again().connect(both)).access_token;
    const there = (await client.again().connect({ ...both, organizationId: bob.organizationId })).access_token;
    const theirs = (await call(there, 'create_project', { name: 'Theirs' })).content!['id'] as string;
    await call(here, 'create_project', { name: 'Ours' });
    const { content } = await call(here, 'list_projects');
    expect((content!['projects'] as { name: string }[]).map(({ name }) => name)).toEqual(['Ours']);
    expect((await call(here, 'list_projects', { cursor: theirs })).text).not.toContain('Theirs');
    const unknown = '00000000-0000-4000-8000-000000000000';
    for (const [name, more] of [
      ['get_project', {}],
      ['rename_project', { name: 'Stolen' }],
      ['delete_project', {}],
    ] as const) {
      const foreign = await call(here, name, { project_id: theirs, ...more });
      const nobodys = await call(here, name, { project_id: unknown, ...more });
      expect(foreign.isError).toBe(true);
      expect(foreign.text.replaceAll(theirs, 'ID')).toBe(nobodys.text.replaceAll(unknown, 'ID'));
    }
    for (const name of ['whoami', 'get_organization'])
      expect((await call(here, name)).text).not.toContain(bob.organizationId);
    expect(await server.query('SELECT name FROM projects WHERE id = $1', [theirs])).toEqual([{ name: 'Theirs' }]);
  });

  it('O10 no scope and no resource names another organization', async () => {
    for (const scope of [
      `organization:${bob.organizationId}`,
      `organization:read:${bob.organizationId}`,
      `projects:read@${bob.organizationId}`,
      `org:${bob.organizationId}`,
    ])
      expectRefusal(await new HttpBrowser().get(client.authorizeUrl({ scope })), 'invalid_scope');
    const resources = [`/${bob.organizationId}`, `?organization=${bob.organizationId}`, `/../${bob.organizationId}`];
    for (const more of resources)
      expectRefusal(
        await new HttpBrowser().get(client.authorizeUrl({ resource: client.resource + more })),
        'invalid_target',
      );
    const one = client.again();
    const tokens = await one.connect(both);
    for (const more of resources)
      expectError(await one.refresh(tokens.refresh_token, { resource: client.resource + more }), 'invalid_target');
    // And what names it in a parameter that does not exist changes nothing.
    const renewed = await one.refresh(tokens.refresh_token, {
      organization: bob.organizationId,
      org_id: bob.organizationId,
    });
    expect((await call(renewed.json['access_token'] as string, 'get_organization')).content).toMatchObject({
      id: ann.organizationId,
    });
  });

  it('O11 an invitation of one organization makes no place in another, and none for another address', async () => {
    const guest = await addPerson(server.app, `guest${serial}@example.com`, { none: true });
    const link = await invite(ann, guest.email);
    const stranger = await logIn(await addPerson(server.app, `stranger${serial}@example.com`));
    for (const more of ['', `&organization=${bob.organizationId}`, `&email=stranger${serial}@example.com`]) {
      const page = await stranger.get(link + more);
      expect(page.forms.flatMap(({ buttons }) => buttons.map(({ label }) => label))).not.toContain('Join');
    }
    const csrf = (await stranger.get(`${server.origin}/console`)).forms[0]!.fields.find(
      ({ name }) => name === 'csrf',
    )!.value;
    expect((await stranger.post(link, new URLSearchParams({ csrf }))).status).toBe(400);
    const browser = await logIn(guest);
    const page = await browser.get(link);
    await browser.submit(page, 'Join', {
      organization: bob.organizationId,
      organizationId: bob.organizationId,
      role: 'owner',
    });
    expect(await server.query('SELECT organization_id, role FROM memberships WHERE user_id = $1', [guest.id])).toEqual([
      { organization_id: ann.organizationId, role: 'member' },
    ]);
    expect(await organizationsOf(`stranger${serial}@example.com`)).not.toContain(ann.organizationId);
  });

  it('O13 a thousand requests of two organizations in turn, with refused writes between: none sees the other’s', async () => {
    const tokens = [
      (await client.again().connect(ann)).access_token,
      (await client.again().connect(bob)).access_token,
    ] as const;
    const names = ['Anns project', 'Bobs project'] as const;
    for (const [index, token] of tokens.entries()) await call(token, 'create_project', { name: names[index] });
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const who = index % 2;
          // Every tenth changes something that is not there, or not theirs: a transaction that comes to nothing.
          if (index % 10 === 9) {
            const refused = await call(tokens[who]!, 'rename_project', {
              project_id: '00000000-0000-4000-8000-000000000000',
              name: names[1 - who],
            });
            return { who, seen: refused.isError ? [names[who]] : ['renamed what is not there'] };
          }
          const { content } = await call(tokens[who]!, 'list_projects');
          return { who, seen: (content!['projects'] as { name: string }[]).map(({ name }) => name) };
        }),
      );
      for (const { who, seen } of answers) expect(seen).toEqual([names[who]]);
    }
  }, 120_000);

  it('O14 an organization of the same name is another one: it inherits nothing', async () => {
    const tokens = await client.again().connect(ann);
    await call(tokens.access_token, 'create_project', { name: 'Secret' });
    const heir = await addPerson(server.app, `heir${serial}@example.com`, { organization: 'Acme' });
    expect(heir.organizationId).not.toBe(ann.organizationId);
    const { content } = await call((await client.again().connect(heir)).access_token, 'list_projects');
    expect(content!['projects']).toEqual([]);
  });

  it('O14 whoever gets the address of a deleted account is somebody else: nothing of it opens anything', async () => {
    const one = client.again();
    const tokens = await one.connect(ann);
    await call(tokens.access_token, 'create_project', { name: 'Secret' });
    const waiting = client.again();
    const code = await waiting.code(ann);
    const open = await logIn(ann);
    const asking = new HttpBrowser();
    await asking.submit(await asking.get(`${server.origin}/console/forgot-password`), 'Send the link', {
      email: ann.email,
    });
    const { link } = await mailbox.next(ann.email);
    const invited = await invite(bob, ann.email);
    // Somebody must be left who owns what she leaves.
    await server.query("UPDATE memberships SET role = 'owner' WHERE user_id = $1 AND organization_id = $2", [
      both.id,
      ann.organizationId,
    ]);
    const leaving = await logIn(ann);
    const deleted = await leaving.submit(
      await leaving.get(`${server.origin}/console/account/delete`),
      'Delete my account',
      { confirm: ann.email, password: PASSWORD },
    );
    expect(textOf(deleted.html)).toContain('Your account is deleted');

    const heir = await addPerson(server.app, ann.email, { organization: 'Acme' });
    expect(heir.id).not.toBe(ann.id);
    expect((await open.get(`${server.origin}/console`)).url).toContain('/console/login');
    expect((await new HttpBrowser().get(link)).status).toBe(400);
    expectError(await waiting.exchange(code), 'invalid_grant');
    expectError(await one.refresh(tokens.refresh_token), 'invalid_grant');
    await eventually(async () => expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401));
    const theirs = await client.again().connect(heir);
    expect(subjectOf(theirs.access_token)).not.toBe(subjectOf(tokens.access_token));
    expect((await call(theirs.access_token, 'list_projects')).content).toEqual({ projects: [] });
    const browser = await logIn(heir);
    for (const path of ['', '/organizations', '/connections', '/account'])
      expect((await browser.get(server.origin + '/console' + path)).html).not.toMatch(
        new RegExp(`${ann.organizationId}|Secret`),
      );
    expect((await browser.get(members(ann.organizationId))).status).toBe(404);
    expect((await browser.get(invited)).status).toBe(400);
    expect(await organizationsOf(heir.email)).toEqual([heir.organizationId]);
  });

  it('O15 nobody governs beyond their own organization: an owner elsewhere makes no owners here', async () => {
    const browser = await logIn(bob);
    const csrf = (await browser.get(`${server.origin}/console`)).forms[0]!.fields.find(
      ({ name }) => name === 'csrf',
    )!.value;
    const post = async (path: string, fields: Record<string, string>) =>
      (await browser.post(server.origin + path, new URLSearchParams({ csrf, ...fields }))).status;
    const [here, there] = [
      `/console/organizations/${bob.organizationId}`,
      `/console/organizations/${ann.organizationId}`,
    ];
    expect(await post(`${there}/members`, { email: bob.email, role: 'owner' })).toBe(404);
    expect(await post(`${there}/members/${both.id}/role`, { role: 'owner' })).toBe(404);
    expect(await post(`${there}/members/${bob.id}/role`, { role: 'owner' })).toBe(404);
    // By the way of one's own organization, somebody who is not in it.
    expect(await post(`${here}/members/${ann.id}/role`, { role: 'member' })).toBe(404);
    expect(await post(`${here}/members/${ann.id}/remove`, {})).toBe(404);
    expect(
      await server.query('SELECT role FROM memberships WHERE organization_id = $1 ORDER BY role', [ann.organizationId]),
    ).toEqual([{ role: 'admin' }, { role: 'owner' }]);
  });
});

it('O11 W15 one invitation taken several times at the row lock: one place, once in the log', async () => {
  const guest = await addPerson(server.app, `race${serial}@example.com`, { none: true });
  const link = await invite(ann, guest.email);
  // Two connections: one stands at the lock, and another behind it.
  const browsers = await Promise.all([logIn(guest), logIn(guest)]);
  const pages = await Promise.all(browsers.map((browser) => browser.get(link)));
  const answers = await Witness.of(server.config.databaseUrl).releaseTogether(
    'SELECT 1 FROM invitations WHERE email = $1 FOR UPDATE',
    [guest.email],
    2,
    () => Promise.all(browsers.map((browser, index) => browser.submit(pages[index]!, 'Join'))),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  expect(await organizationsOf(guest.email)).toEqual([ann.organizationId]);
  expect(
    await server.query("SELECT 1 FROM audit_events WHERE action = 'member.joined' AND user_id = $1", [guest.id]),
  ).toHaveLength(1);
});

it('W15 one link for a new password used several times at the row lock: one password is set', async () => {
  const browser = new HttpBrowser();
  await browser.submit(await browser.get(`${server.origin}/console/forgot-password`), 'Send the link', {
    email: ann.email,
  });
  const { link } = await mailbox.next(ann.email);
  const pages = await Promise.all(
    [new HttpBrowser(), new HttpBrowser()].map(async (one) => [one, await one.get(link)] as const),
  );
  const answers = await Witness.of(server.config.databaseUrl).releaseTogether(
    'SELECT 1 FROM users WHERE id = $1 FOR UPDATE',
    [ann.id],
    2,
    () =>
      Promise.all(
        pages.map(([one, page], index) =>
          one.submit(page, 'Save the password', { password: `violet anchor seventeen pelicans ${index}` }),
        ),
      ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});
