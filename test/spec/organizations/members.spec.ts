import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Memberships } from '../../../src/database/repositories/memberships.repository.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';

const STRONG = 'violet anchor seventeen pelicans';

describe.each(BOTH_DATABASES)('members and invitations, on %s', (database) => {
  let mailbox: Mailbox;
  let server: TestServer;
  let owner: Person;
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
    owner = await addPerson(server.app, `owner${serial++}@example.com`, { organization: `Acme ${serial}` });
  });

  const at = (path: string) => server.origin + path;
  const logIn = async ({ email, password }: Pick<Person, 'email' | 'password'>) => {
    const browser = new HttpBrowser();
    await browser.submit(await browser.get(at('/console/login')), 'Log in', { email, password });
    return browser;
  };
  const members = (browser: HttpBrowser, id = owner.organizationId) =>
    browser.get(at(`/console/organizations/${id}/members`));
  const invite = async (browser: HttpBrowser, email: string, role = 'member') =>
    browser.submit(await members(browser), 'Send the invitation', { email, role });
  const join = (role: 'owner' | 'admin' | 'member') =>
    addPerson(server.app, `${role}${serial++}@example.com`, { into: owner.organizationId, role });
  const rolesOf = async () =>
    (
      await server.query<{ role: string }>('SELECT role FROM memberships WHERE organization_id = $1 ORDER BY role', [
        owner.organizationId,
      ])
    ).map(({ role }) => role);
  const setRole = async (browser: HttpBrowser, email: string, role: string) =>
    browser.submit(await members(browser), `Change role ${email}`, { role });
  /** One's own: it is asked first. */
  const setOwnRole = async (browser: HttpBrowser, email: string, role: string) =>
    browser.submit(await setRole(browser, email, role), 'Change role');
  const toRemoval = (browser: HttpBrowser, { id }: Person) =>
    browser.get(at(`/console/organizations/${owner.organizationId}/members/${id}/remove`));
  const remove = async (browser: HttpBrowser, person: Person) => {
    const page = await toRemoval(browser, person);
    return page.status === 200 ? browser.submit(page, 'Remove', { confirm: person.email }) : page;
  };
  const leave = async (browser: HttpBrowser, person: Person) =>
    browser.submit(await toRemoval(browser, person), 'Leave', { confirm: await nameOfOrganization() });
  const nameOfOrganization = async () =>
    (await server.query<{ name: string }>('SELECT name FROM organizations WHERE id = $1', [owner.organizationId]))[0]!
      .name;

  describe('an invitation', () => {
    it('makes the account of somebody new, and their place', async () => {
      const browser = await logIn(owner);
      const email = `new${serial++}@example.com`;
      const sent = await invite(browser, ` ${email.toUpperCase()}`, 'admin');
      expect(textOf(sent.html)).toContain('The invitation is on its way');
      expect(textOf(sent.html)).toContain(`${email} · admin`);
      const { mail, link } = await mailbox.next(email);
      expect([mail.subject, mail.text]).toEqual([
        expect.stringMatching(/^Invitation to Acme/),
        expect.stringContaining(owner.email),
      ]);
      const guest = new HttpBrowser();
      let page = await guest.get(link);
      page = await guest.submit(page, 'Create account and join', { name: 'New', password: 'password' });
      expect(page.status).toBe(400);
      page = await guest.submit(page, 'Create account and join', { name: 'New', password: STRONG });
      expect(textOf(page.html)).toContain('You belong to the organization now');
      expect(await rolesOf()).toEqual(['admin', 'owner']);
      expect((await new HttpBrowser().get(link)).status).toBe(400);
    });

    it('is taken by somebody who has an account once they logged in with it, and by nobody else', async () => {
      const browser = await logIn(owner);
      const known = await addPerson(server.app, `known${serial++}@example.com`);
      await invite(browser, known.email);
      const { link } = await mailbox.next(known.email);
      const stranger = await logIn(await addPerson(server.app, `stranger${serial++}@example.com`));
      const other = await stranger.get(link);
      expect(textOf(other.html)).toContain('This invitation is for somebody else');
      expect(other.html).toContain('href="/console"');
      const guest = new HttpBrowser();
      const page = await guest.get(link);
      const login = /href="(\/console\/login\?[^"]+)"/.exec(
        page.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'),
      )![1]!;
      const back = await guest.submit(await guest.get(at(login)), 'Log in', { email: known.email, password: PASSWORD });
      expect(textOf((await guest.submit(back, 'Join')).html)).toContain('You belong to the organization now');
      expect(await rolesOf()).toEqual(['member', 'owner']);
    });

    it('is single use, of several at once too', async () => {
      const browser = await logIn(owner);
      const known = await addPerson(server.app, `race${serial++}@example.com`);
      await invite(browser, known.email);
      const { link } = await mailbox.next(known.email);
      const browsers = await Promise.all([1, 2, 3].map(() => logIn(known)));
      const pages = await Promise.all(browsers.map((one) => one.get(link)));
      const answers = await Promise.all(browsers.map((one, index) => one.submit(pages[index]!, 'Join')));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
    });

    it('O11 ends when whoever made it is demoted or removed, as far as they may make it no more', async () => {
      const inviter = await join('owner');
      const [browser, above] = [await logIn(inviter), await logIn(owner)];
      const links = new Map<string, string>();
      for (const role of ['owner', 'admin', 'member']) {
        const email = `invited${serial++}@example.com`;
        await invite(browser, email, role);
        links.set(role, (await mailbox.next(email)).link);
      }
      const open = async () => {
        const found = [];
        for (const [role, link] of links) if ((await new HttpBrowser().get(link)).status === 200) found.push(role);
        return found;
      };
      expect(await open()).toEqual(['owner', 'admin', 'member']);
      await setRole(above, inviter.email, 'admin');
      expect(await open()).toEqual(['admin', 'member']);
      await remove(above, inviter);
      expect(await open()).toEqual([]);
    });

    it('O11 ends when it is withdrawn, replaced, or a week old', async () => {
      const browser = await logIn(owner);
      const email = `late${serial++}@example.com`;
      await invite(browser, email);
      const first = (await mailbox.next(email)).link;
      await invite(browser, email);
      const second = (await mailbox.next(email)).link;
      expect((await new HttpBrowser().get(first)).status).toBe(400);
      expect((await new HttpBrowser().get(second)).status).toBe(200);
      await browser.submit(await members(browser), `Withdraw ${email}`);
      expect((await new HttpBrowser().get(second)).status).toBe(400);
      await invite(browser, email);
      const third = (await mailbox.next(email)).link;
      server.clock.advance(7 * 86_400 + 1);
      expect((await new HttpBrowser().get(third)).status).toBe(400);
      const forged = third.slice(0, -2) + (third.endsWith('AA') ? 'BB' : 'AA');
      expect((await new HttpBrowser().get(forged)).status).toBe(400);
    });

    it('refuses what is no address, no role, and who is there already', async () => {
      const browser = await logIn(owner);
      for (const [email, role] of [
        ['nonsense', 'member'],
        ['x@example.com', 'king'],
        [owner.email, 'member'],
      ] as const)
        expect((await invite(browser, email, role)).status).toBe(400);
    });
  });

  it('many are shown page by page, and found by address or name', async () => {
    const fresh = await addPerson(server.app, `many${serial++}@example.com`, { organization: 'Many' });
    const into = { into: fresh.organizationId, role: 'member' } as const;
    const added = Array.from({ length: 60 }, (_, n) => `crowd${String(n).padStart(2, '0')}-${serial}@example.com`);
    for (const email of added) await addPerson(server.app, email, into);
    const browser = await logIn(fresh);
    const url = `${server.origin}/console/organizations/${fresh.organizationId}/members`;
    const first = await browser.get(url);
    const shown = (html: string) => new Set(html.match(/crowd\d\d-\d+@example\.com/g));
    expect(shown(first.html).size).toBe(50);
    const [, more] = /<a href="([^"]+)">More members</.exec(first.html)!;
    const second = await browser.get(server.origin + more!.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
    expect([...shown(first.html), ...shown(second.html)].toSorted()).toEqual(added);
    expect(second.html).toContain(fresh.email);
    expect([...shown((await browser.get(`${url}?q=CROWD07`)).html)]).toEqual([added[7]]);
    expect(textOf((await browser.get(`${url}?q=nobody-like-this`)).html)).toContain('Nobody here is called that.');
  });

  describe('roles', () => {
    it('members look, and decide nothing', async () => {
      const [member, other] = [await join('member'), await join('member')];
      const browser = await logIn(member);
      const page = await members(browser);
      expect(page.html).toContain(owner.email);
      expect(page.forms.map(({ action }) => action)).toEqual(['/console/logout']);
      const csrf = page.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
      const base = `/console/organizations/${owner.organizationId}`;
      for (const [path, fields] of [
        [`${base}/members`, { email: 'x@example.com', role: 'member' }],
        [`${base}/members/${other.id}/role`, { role: 'member' }],
        [`${base}/members/${other.id}/role`, { role: 'owner' }],
      ] as const)
        expect((await browser.post(at(path), new URLSearchParams({ csrf, ...fields }))).status).toBe(404);
      expect((await browser.post(at(`${base}/members/${other.id}/remove`), new URLSearchParams({ csrf }))).status).toBe(
        404,
      );
      expect(await rolesOf()).toEqual(['member', 'member', 'owner']);
    });

    it('admins decide about all but owners, and make none', async () => {
      const [admin, member] = [await join('admin'), await join('member')];
      const browser = await logIn(admin);
      const page = await members(browser);
      expect(page.html).not.toContain('value="owner"');
      const csrf = page.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
      const role = (id: string, value: string) =>
        browser.post(
          at(`/console/organizations/${owner.organizationId}/members/${id}/role`),
          new URLSearchParams({ csrf, role: value }),
        );
      expect((await role(owner.id, 'member')).status).toBe(400);
      expect((await role(member.id, 'owner')).status).toBe(404);
      expect((await role(admin.id, 'owner')).status).toBe(404);
      expect((await setRole(browser, member.email, 'admin')).status).toBe(200);
      expect(await rolesOf()).toEqual(['admin', 'admin', 'owner']);
    });

    it('there is always an owner, of two who leave at once too', async () => {
      const browser = await logIn(owner);
      expect((await setOwnRole(browser, owner.email, 'member')).status).toBe(400);
      expect(textOf((await leave(browser, owner)).html)).toContain('An organization needs an owner');
      const second = await join('owner');
      const other = await logIn(second);
      const pages = await Promise.all([toRemoval(browser, owner), toRemoval(other, second)]);
      const confirm = await nameOfOrganization();
      await Promise.all([browser.submit(pages[0], 'Leave', { confirm }), other.submit(pages[1], 'Leave', { confirm })]);
      expect(await rolesOf()).toEqual(['owner']);
    });

    it('O15 an owner who is disabled is none that could be left alone', async () => {
      const browser = await logIn(owner);
      const disabled = await join('owner');
      await server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
      for (const page of [await setOwnRole(browser, owner.email, 'admin'), await leave(browser, owner)])
        expect([page.status, textOf(page.html)]).toEqual([400, expect.stringContaining('account is not disabled')]);
      const deletion = await browser.get(at('/console/account/delete'));
      const kept = await browser.submit(deletion, 'Delete my account', { confirm: owner.email, password: PASSWORD });
      expect([kept.status, textOf(kept.html)]).toEqual([400, expect.stringContaining('account is not disabled')]);
      expect(await rolesOf()).toEqual(['owner', 'owner']);
      // The other way round nothing is lost.
      expect((await remove(browser, disabled)).url).toContain('done=member-removed');
      expect(await rolesOf()).toEqual(['owner']);
    });

    it('whoever gives up a role of their own is asked first; nobody else has such a page', async () => {
      const [second, admin] = [await join('owner'), await join('admin')];
      const browser = await logIn(second);
      const asked = await setRole(browser, second.email, 'admin');
      expect(textOf(asked.html)).toContain('becomes: admin.');
      expect(await rolesOf()).toEqual(['admin', 'owner', 'owner']);
      expect((await browser.submit(asked, 'Change role')).url).toContain('done=member-changed');
      expect(await rolesOf()).toEqual(['admin', 'admin', 'owner']);
      const there = `/console/organizations/${owner.organizationId}/members`;
      for (const path of [
        `${there}/${admin.id}/role?role=member`,
        `${there}/${owner.id}/role?role=member`,
        `${there}/${second.id}/role?role=owner`,
        `${there}/${second.id}/role?role=king`,
        `${there}/${second.id}/role`,
      ])
        expect([path, (await browser.get(at(path))).status]).toEqual([path, 404]);
    });

    it('who is removed is typed, and what is left; anything else changes nothing', async () => {
      const member = await join('member');
      const browser = await logIn(owner);
      for (const confirm of ['', 'Remove', owner.email, `x${member.email}`]) {
        const page = await browser.submit(await toRemoval(browser, member), 'Remove', { confirm });
        expect([page.status, textOf(page.html)]).toEqual([400, expect.stringContaining('Nothing was changed')]);
        expect(textOf(page.html)).toContain(`Type ${member.email} to confirm`);
      }
      const own = await logIn(member);
      const kept = await own.submit(await toRemoval(own, member), 'Leave', { confirm: member.email });
      expect([kept.status, await rolesOf()]).toEqual([400, ['member', 'owner']]);
      expect((await leave(own, member)).url).toContain('done=left');
      expect(await rolesOf()).toEqual(['owner']);
    });

    it('of somebody else’s organization show nothing', async () => {
      const stranger = await logIn(await addPerson(server.app, `foreign${serial++}@example.com`));
      expect((await members(stranger)).status).toBe(404);
    });

    it('a member who is demoted: the next renewal carries less', async () => {
      const admin = await join('admin');
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(admin);
      expect(tokens.scope).toContain('projects:write');
      await setRole(await logIn(owner), admin.email, 'member');
      const call = await callMcp(server.origin, tokens.access_token, 'tools/call', {
        name: 'create_project',
        arguments: { name: 'X' },
      });
      expect(JSON.stringify(call.json)).toContain('does not allow this');
      const { json } = await client.refresh(tokens.refresh_token);
      expect(json['scope']).toBe('organization:read projects:read');
      expect(decodeJwt(json['access_token'] as string)['scope']).toBe('organization:read projects:read');
      await setRole(await logIn(owner), admin.email, 'admin');
      expect((await client.refresh(json['refresh_token'] as string)).json['scope']).toContain('projects:write');
    });

    it('a member who is removed while a tool loops: 401 within 2 s, other organizations untouched', async () => {
      const member = await join('member');
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(member);
      const elsewhere = await addPerson(server.app, `owner${serial++}@example.com`);
      await server.query(
        'INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, $3, now())',
        [member.id, elsewhere.organizationId, 'member'],
      );
      const other = client.again();
      const others = await other.connect({ ...member, organizationId: elsewhere.organizationId });
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
      const page: WebPage = await remove(await logIn(owner), member);
      expect(textOf(page.html)).toContain('They are out, and so are their tools');
      const start = Date.now();
      while ((await callMcp(server.origin, tokens.access_token)).status === 200) {
        if (Date.now() - start > 10_000) throw new Error('it goes on and on');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(Date.now() - start).toBeLessThan(2_000);
      expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
      expect((await callMcp(server.origin, others.access_token)).status).toBe(200);
      expect((await other.refresh(others.refresh_token)).status).toBe(200);
    });

    it('O5 somebody who comes back: the old tokens stay dead', async () => {
      const member = await join('member');
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(member);
      await remove(await logIn(owner), member);
      await server.query(
        'INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, $3, now())',
        [member.id, owner.organizationId, 'member'],
      );
      expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
    });
  });
});

it('O4 a removal racing approvals at the row lock leaves no connection', async () => {
  const server = await startServer({ database: 'postgres' });
  try {
    const owner = await addPerson(server.app, 'owner@example.com');
    const member = await addPerson(server.app, 'member@example.com', { into: owner.organizationId, role: 'member' });
    const client = await OAuthClient.register(server.origin);
    const walks = await Promise.all([1, 2, 3].map(() => client.again().toApproval(member)));
    const witness = Witness.of(server.config.databaseUrl);
    const memberships = server.app.get(Memberships, { strict: false });
    await witness.releaseTogether(
      'SELECT 1 FROM memberships WHERE user_id = $1 AND organization_id = $2 FOR UPDATE',
      [member.id, owner.organizationId],
      4,
      () =>
        Promise.all([
          ...walks.map(({ browser, page }) => browser.submit(page, 'Approve')),
          memberships.remove(
            { organizationId: owner.organizationId, userId: member.id, by: owner.id },
            () => true,
            server.clock.now(),
          ),
        ]),
    );
    expect(await witness.query('SELECT id FROM grants WHERE revoked_at IS NULL')).toEqual([]);
  } finally {
    await server.close();
  }
});
