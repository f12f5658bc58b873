import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StoredFactors } from '../../../src/database/repositories/second-factors.repository.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { giveEmailAndPassword, setUpApp } from '../../support/second-factor.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';

describe.each(BOTH_DATABASES)('an organization that requires a second factor, on %s', (database) => {
  let mailbox: Mailbox;
  let server: TestServer;
  let owner: Person;
  /** Has no second factor. */
  let bob: Person;
  let browser: HttpBrowser;
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
    owner = await addPerson(server.app, `ann${serial++}@example.com`, { organization: 'Acme' });
    bob = await member('bob');
    browser = await logIn(owner);
  });

  const member = (name: string, role: 'owner' | 'admin' | 'member' = 'member') =>
    addPerson(server.app, `${name}${serial++}@example.com`, { into: owner.organizationId, role });
  const logIn = async (person: Person) => {
    const one = new HttpBrowser();
    await giveEmailAndPassword(server, one, person);
    return one;
  };
  /** Somebody with an app, in a browser that proved it. */
  const withApp = async (person: Person) => {
    const one = await logIn(person);
    return { browser: one, ...(await setUpApp(server, one)) };
  };
  const base = () => `${server.origin}/console/organizations/${owner.organizationId}`;
  const page = () => `${base()}/second-factor`;
  const require = async (by = browser, confirm = 'Acme') =>
    by.submit(await by.get(page()), 'Require a second factor', { confirm });
  const required = async () => {
    await setUpApp(server, browser);
    await require();
  };
  const register = () => OAuthClient.register(server.origin);
  const events = async (action: string) =>
    server.query<{ user_id: string; detail: Record<string, unknown> }>(
      'SELECT user_id, detail FROM audit_events WHERE organization_id = $1 AND action = $2 ORDER BY id',
      [owner.organizationId, action],
    );
  const live = async ({ id }: Person) =>
    (await server.query('SELECT 1 FROM grants WHERE user_id = $1 AND revoked_at IS NULL', [id])).length;
  const followed = (html: string, label: string) =>
    new URL(
      new RegExp(`href="([^"]+)"[^>]*>${label}<`).exec(html)![1]!.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='),
      server.origin,
    ).href;
  const pathOf = ({ url }: WebPage) => new URL(url).pathname;
  const findingOf = ({ json }: { json: Record<string, unknown> }) => {
    const code = /support code ([A-Z2-9]{10})/.exec(json['error_description'] as string)![1]!;
    return watch.logged.find((line) => line.includes(`[${code}]`));
  };

  describe('members without one', () => {
    const listed = ({ html }: WebPage) =>
      [...html.matchAll(/· (\w+@example\.com) · (?:no|\d+) con/g)].map(([, one]) => one);
    const odd = ['q=%00', 'after=%00', 'q=a&q=b', 'connected=on&connected=on'];

    it('come in pages, by name and by whether tools of theirs end, in the address; all are counted', async () => {
      await (await register()).connect(bob);
      await server.query(
        `WITH people AS (INSERT INTO users (email, name, password_hash, created_at)
            SELECT 'many' || lpad(n::text, 3, '0') || $2 || '@example.com', 'Many', 'x', $3 FROM generate_series(1, 120) n RETURNING id)
         INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT id, $1, 'member', $3 FROM people`,
        [owner.organizationId, String(serial), server.clock.now()],
      );
      const pages = [await browser.get(page())];
      while (pages.at(-1)!.html.includes('>More members<'))
        pages.push(await browser.get(followed(pages.at(-1)!.html, 'More members')));
      expect(pages.map((one) => listed(one).length)).toEqual([50, 50, 22]);
      const all = pages.flatMap(listed);
      expect(all).toEqual([...new Set(all)].toSorted());
      expect(all).toEqual(expect.arrayContaining([owner.email, bob.email]));
      for (const one of pages)
        expect(textOf(one.html)).toMatch(/122 members\. They stay members\. 1 connection of theirs ends/);
      expect(listed(await browser.get(followed(pages[2]!.html, 'Back to the first')))).toEqual(listed(pages[0]!));
      const connected = await browser.get(`${page()}?connected=on`);
      expect(listed(connected)).toEqual([bob.email]);
      expect(textOf(connected.html)).toContain('122 members');
      const [, href] = /href="([^"]+\/connections\?person=[^"]+)"/.exec(connected.html)!;
      const theirs = await browser.get(server.origin + href!);
      expect(textOf(theirs.html)).toContain(`approved by ${bob.email}`);
      expect(listed(await browser.get(`${page()}?q=MANY007`))).toEqual([`many007${serial}@example.com`]);
      const none = await browser.get(`${page()}?q=many&connected=on`);
      expect(textOf(none.html)).toContain('No members match.');
      expect(listed(await browser.get(followed(none.html, 'See everybody')))).toEqual(listed(pages[0]!));
      for (const one of odd) expect([one, (await browser.get(`${page()}?${one}`)).status]).toEqual([one, 200]);
    });

    it('while there are none, the page leads to the members', async () => {
      await server.query('DELETE FROM memberships WHERE user_id = $1', [bob.id]);
      await setUpApp(server, browser);
      const nobody = await browser.get(page());
      expect(textOf(nobody.html)).toContain('Everybody here has one. See the members');
      expect(pathOf(await browser.get(followed(nobody.html, 'See the members')))).toMatch(/\/members$/);
    });
  });

  describe('turned on', () => {
    it('by an owner who proved their own, who sees first whom it touches; what was foretold happens', async () => {
      const carl = await member('carl');
      const tool = await register();
      const tokens = await tool.connect(bob);
      const waiting = tool.again();
      const code = await waiting.code(bob);
      const kept = await tool.again().connect(carl, { browser: (await withApp(carl)).browser });
      await setUpApp(server, browser);

      const asked = await browser.get(page());
      expect(textOf(asked.html)).toContain(`${bob.email} · 2 connections`);
      expect(textOf(asked.html)).toContain('2 connections end within two seconds');
      expect(textOf(asked.html)).not.toContain(carl.email);
      const wrong = await require(browser, 'acme');
      expect([wrong.status, textOf(wrong.html)]).toEqual([400, expect.stringContaining('That is not it')]);
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);

      const done = await require();
      expect(textOf(done.html)).toMatch(
        /2 connections have ended. No server accepts their tokens after \d\d:\d\d:\d\d UTC/,
      );
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
      for (const refused of [await tool.refresh(tokens.refresh_token), await waiting.exchange(code)]) {
        expectError(refused, 'invalid_grant');
        expect(findingOf(refused)).toContain('second-factor');
      }
      expect((await callMcp(server.origin, kept.access_token)).status).toBe(200);
      expect((await tool.again().refresh(kept.refresh_token)).status).toBe(200);
      expect(await events('organization.second_factor_required')).toEqual([
        { user_id: owner.id, detail: { before: 'optional', after: 'required', connections: 2 } },
      ]);
      const ending = { user_id: bob.id, detail: { because: 'second_factor_missing', by: owner.id } };
      expect(await events('grant.revoked')).toEqual([ending, ending]);
      const { mail, link } = await mailbox.next(bob.email);
      expect([mail.subject, link]).toEqual([
        'Acme requires a second factor',
        `${server.origin}/console/account/security`,
      ]);
      const log = textOf((await browser.get(`${base()}/audit`)).html);
      expect(log).toContain('required a second factor');
      expect(log).toContain('its person has no second factor, which the organization requires');
    });

    it('not by somebody who has none of their own: they are led to set one up, and come back', async () => {
      const shown = await browser.get(page());
      expect(shown.html).not.toContain('/second-factor/require"');
      const csrf = shown.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
      const sent = await browser.post(`${page()}/require`, new URLSearchParams({ csrf, confirm: 'Acme' }));
      expect([sent.status, textOf(sent.html)]).toEqual([
        400,
        expect.stringContaining('Prove a second factor of your own'),
      ]);
      const step = await browser.get(followed(shown.html, 'Prove it, or set one up'));
      const security = await browser.get(followed(step.html, 'Set one up'));
      const back = new URL(followed(security.html, 'Set up an authenticator app')).search;
      const { page: codes } = await setUpApp(server, browser, { back });
      const again = await browser.get(followed(codes.html, 'I have saved them'));
      expect(pathOf(again)).toBe(new URL(page()).pathname);
      expect(textOf((await browser.submit(again, 'Require a second factor', { confirm: 'Acme' })).html)).toContain(
        'A second factor is required here from now on.',
      );
    });

    it('by owners alone: an admin sees it, to a member there is no such page', async () => {
      const admin = await withApp(await member('adam', 'admin'));
      const shown = await admin.browser.get(page());
      expect(textOf(shown.html)).toContain('Only an owner can change this.');
      const csrf = shown.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
      for (const act of ['require', 'release'])
        expect(
          (await admin.browser.post(`${page()}/${act}`, new URLSearchParams({ csrf, confirm: 'Acme' }))).status,
        ).toBe(404);
      expect((await (await logIn(bob)).get(page())).status).toBe(404);
      expect(await events('organization.second_factor_required')).toEqual([]);
    });
  });

  it('turned off, the password is enough again; what ended stays ended', async () => {
    const tool = await register();
    const tokens = await tool.connect(bob);
    await required();
    const kept = await browser.submit(await browser.get(page()), 'No longer require it', { confirm: 'acme' });
    expect([kept.status, textOf(kept.html)]).toEqual([400, expect.stringContaining('Nothing was changed')]);
    expect(await events('organization.second_factor_optional')).toEqual([]);
    const off = await browser.submit(kept, 'No longer require it', { confirm: 'Acme' });
    expect(textOf(off.html)).toContain('A second factor is no longer required here.');
    expect(await events('organization.second_factor_optional')).toEqual([
      { user_id: owner.id, detail: { before: 'required', after: 'optional' } },
    ]);
    expectError(await tool.refresh(tokens.refresh_token), 'invalid_grant');
    expect((await callMcp(server.origin, (await tool.again().connect(bob)).access_token)).status).toBe(200);
  });

  describe('in the flow of a tool', () => {
    it('leads somebody who has none to set one up, says why in their language, and goes on with the same request', async () => {
      await required();
      const tool = await register();
      const { browser: own, page: step } = await tool.toApproval(bob);
      expect([pathOf(step), textOf(step.html)]).toEqual([
        '/console/step-up',
        expect.stringContaining('Acme requires a second factor.'),
      ]);
      const korean = new HttpBrowser({ 'accept-language': 'ko' });
      for (const [name, value] of own.cookies) korean.cookies.set(name, value);
      expect(textOf((await korean.get(step.url)).html)).toContain('Acme 조직은 두 번째 인증을 요구합니다.');

      const security = await own.get(followed(step.html, 'Set one up'));
      const back = new URL(followed(security.html, 'Set up an authenticator app')).search;
      const { page: codes } = await setUpApp(server, own, { back });
      const choose = await own.get(followed(codes.html, 'I have saved them'));
      expect(pathOf(choose)).toBe('/mcp/oauth/authorize/organization');
      const approve = await own.submit(choose, 'Continue', { organization: bob.organizationId });
      const answer = new URL((await own.submit(approve, 'Approve')).leftTo!).searchParams;
      expect(answer.get('state')).toBe(tool.state);
      expect((await tool.exchange(answer.get('code')!)).status).toBe(200);
    });

    it('asks somebody who has one for it, in a session from before, and goes on', async () => {
      const old = await logIn(bob);
      const { app } = await withApp(bob);
      await required();
      const tool = await register();
      const { page: step } = await tool.toApproval(bob, { browser: old });
      expect(pathOf(step)).toBe('/console/step-up');
      expect((await old.submit(step, 'Continue', { code: '000000' })).status).toBe(401);
      const choose = await old.submit(step, 'Continue', { code: app.fresh() });
      const approve = await old.submit(choose, 'Continue', { organization: bob.organizationId });
      expect((await old.submit(approve, 'Approve')).leftTo).toContain('code=');
    });

    it('lets them connect for another organization', async () => {
      await required();
      const other = await addPerson(server.app, `dora${serial++}@example.com`, { organization: 'Home' });
      await server.query("INSERT INTO memberships VALUES ($1, $2, 'member', now())", [other.id, owner.organizationId]);
      const tool = await register();
      const tokens = await tool.connect(other);
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
      expect(pathOf((await tool.again().toApproval({ ...other, organizationId: owner.organizationId })).page)).toBe(
        '/console/step-up',
      );
    });
  });

  it('shows its pages and projects to sessions with the proof alone, which it leads to, and back', async () => {
    const admin = await member('adam', 'admin');
    const old = await logIn(admin);
    const { app } = await withApp(admin);
    await required();
    const pages = ['members', 'connections', 'policy', 'second-factor', 'audit', 'usage', 'attempts'];
    for (const path of [...pages.map((part) => `${base()}/${part}`), `${server.origin}/console/projects`]) {
      const step = await old.get(path);
      expect([path, pathOf(step), textOf(step.html).includes('Acme requires a second factor.')]).toEqual([
        path,
        '/console/step-up',
        true,
      ]);
    }
    const made = await old.post(
      `${server.origin}/console/projects`,
      new URLSearchParams({ csrf: await csrfOf(old), name: 'Sneaked' }),
    );
    expect(pathOf(made)).toBe('/console/step-up');
    expect(await server.query("SELECT 1 FROM projects WHERE name = 'Sneaked'")).toEqual([]);
    const step = await old.get(`${base()}/members`);
    const members = await old.submit(step, 'Continue', { code: app.fresh() });
    expect([members.status, pathOf(members)]).toEqual([200, new URL(`${base()}/members`).pathname]);
  });

  const csrfOf = async (one: HttpBrowser) =>
    (await one.get(`${server.origin}/console`)).forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;

  describe('somebody who has no factor left', () => {
    let own: HttpBrowser;
    let tool: OAuthClient;
    beforeEach(async () => {
      own = (await withApp(bob)).browser;
      await required();
      tool = await register();
    });

    it('has no connection there any more, when they turned it off; elsewhere they stay', async () => {
      const home = await addPerson(server.app, `home${serial++}@example.com`, { organization: 'Home' });
      await server.query("INSERT INTO memberships VALUES ($1, $2, 'member', now())", [bob.id, home.organizationId]);
      const tokens = await tool.connect(bob, { browser: own });
      const elsewhere = await tool.again().connect({ ...bob, organizationId: home.organizationId }, { browser: own });
      const security = await own.get(`${server.origin}/console/account/security`);
      expect(textOf(security.html)).toContain('your tools are disconnected from organizations that require one');
      await own.submit(security, 'Turn off the app', { password: PASSWORD });
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
      expectError(await tool.refresh(tokens.refresh_token), 'invalid_grant');
      expect((await callMcp(server.origin, elsewhere.access_token)).status).toBe(200);
      expect(await events('grant.revoked')).toEqual([
        { user_id: bob.id, detail: { because: 'second_factor_missing' } },
      ]);
      expect(pathOf((await tool.again().toApproval(bob, { browser: own })).page)).toBe('/console/step-up');
    });

    it('keeps them while there is another factor', async () => {
      await tool.connect(bob, { browser: own });
      await server.query(
        `INSERT INTO passkeys (user_id, credential_id, public_key, user_handle, sign_count, newest_challenge, name, created_at, last_used_at)
         VALUES ($1, sha256($2), '', '', 0, now(), 'Phone', now(), now())`,
        [bob.id, Buffer.from(bob.id)],
      );
      await own.submit(await own.get(`${server.origin}/console/account/security`), 'Turn off the app', {
        password: PASSWORD,
      });
      expect(await live(bob)).toBe(1);
      await own.submit(await own.get(`${server.origin}/console/account/security`), 'Remove Phone', {
        password: PASSWORD,
      });
      expect(await live(bob)).toBe(0);
    });

    it('has none either when an operator took it away', async () => {
      await tool.connect(bob, { browser: own });
      const ended = await server.app.get(StoredFactors, { strict: false }).reset(bob.id, server.clock.now());
      expect(ended).toEqual({ grantIds: [expect.any(String)], live: 1 });
      expect(await live(bob)).toBe(0);
      expect((await own.get(`${server.origin}/console`)).url).toContain('/console/login');
    });

    it('gets nothing for what was left alive by mistake', async () => {
      const tokens = await tool.connect(bob, { browser: own });
      const waiting = tool.again();
      const code = await waiting.code(bob, { browser: own });
      await server.query('DELETE FROM authenticator_apps WHERE user_id = $1', [bob.id]);
      for (const refused of [await tool.refresh(tokens.refresh_token), await waiting.exchange(code)]) {
        expectError(refused, 'invalid_grant');
        expect(findingOf(refused)).toContain('second-factor');
      }
      expect(await live(bob)).toBe(2);
      const later = await logIn(bob);
      await setUpApp(server, later);
      expect((await tool.refresh(tokens.refresh_token)).status).toBe(200);
    });
  });
});
