import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { setUpApp } from '../../support/second-factor.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('accounts, as operators govern them, on %s', (database) => {
  let server: TestServer;
  let operator: Person;
  let ann: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    operator = await addPerson(server.app, 'operator@example.com', { organization: 'Home' });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    await server.query('UPDATE users SET operator = true WHERE id = $1', [operator.id]);
    browser = await logIn(operator);
  });
  afterAll(() => server?.close());

  const logIn = async ({ email, password }: Person) => {
    const own = new HttpBrowser();
    await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
    return own;
  };
  const base = () => `${server.origin}/console/operator/people`;
  const pageOf = ({ id }: Person) => browser.get(`${base()}/${id}`);
  const act = async (person: Person, name: string, button: string, typed = person.email) =>
    browser.submit(await browser.get(`${base()}/${person.id}/${name}`), button, { confirm: typed });
  const listed = ({ html }: WebPage) =>
    [...html.matchAll(/people\/[0-9a-f-]{36}">([^<]+)</g)].map(([, email]) => email);
  const works = async ({ access_token }: Tokens) => (await callMcp(server.origin, access_token)).status === 200;
  const audited = async (action: string) =>
    server.query<{ user_id: string; by: string }>(
      `SELECT user_id, detail->>'by' AS by FROM audit_events WHERE action = $1 ORDER BY id DESC LIMIT 1`,
      [action],
    );
  const connect = async (person: Person) => (await OAuthClient.register(server.origin)).connect(person);

  it('are found by part of an address or name, and by state, with all of it in the address', async () => {
    expect(listed(await browser.get(base()))).toEqual(['ann@example.com', 'operator@example.com']);
    expect(listed(await browser.get(`${base()}?q=ANN`))).toEqual(['ann@example.com']);
    expect(listed(await browser.get(`${base()}?state=operator`))).toEqual(['operator@example.com']);
    expect(textOf((await browser.get(`${base()}?state=disabled`)).html)).toContain('No accounts match.');
    for (const odd of ['?q=%25', "?q='--", '?state=x', '?after=%00', '?q=a&q=b', '?after=a&after=b'])
      expect([odd, (await browser.get(base() + odd)).status]).toEqual([odd, 200]);
  });

  it('come in pages, each once', async () => {
    await server.query(
      `INSERT INTO users (email, name, password_hash, created_at)
       SELECT 'many' || n || '@example.com', 'Many', 'x', now() FROM generate_series(1, 117) n`,
    );
    const found: (string | undefined)[] = [];
    let pages = 0;
    for (let page: WebPage | undefined = await browser.get(`${base()}?q=many`); page; pages++) {
      found.push(...listed(page));
      const more: string | undefined = /href="(\/console\/operator\/people\?[^"]+)"/.exec(
        page.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'),
      )?.[1];
      page = more === undefined ? undefined : await browser.get(server.origin + more);
    }
    expect([pages, found.length, new Set(found).size]).toEqual([3, 117, 117]);
    await server.query(`DELETE FROM users WHERE name = 'Many'`);
  });

  it('one shows organizations, sessions and how many tools work', async () => {
    await logIn(ann);
    await connect(ann);
    const shown = textOf((await pageOf(ann)).html);
    expect(shown).toContain('Acme owner');
    expect(shown).toMatch(/Connected tools 1 /);
    expect(shown).toContain('127.0.0.1');
    expect((await browser.get(`${base()}/00000000-0000-4000-8000-000000000000`)).status).toBe(404);
    expect((await browser.get(`${base()}/${ann.id}/nonsense`)).status).toBe(404);
  });

  it('J11 disabled: no log-in, no session, no tool from then on; enabled, what ended stays ended', async () => {
    const [own, tokens] = [await logIn(ann), await connect(ann)];
    const wrong = await act(ann, 'disable', 'Disable', 'bob@example.com');
    expect([wrong.status, textOf(wrong.html)]).toEqual([400, expect.stringContaining('Nothing was changed')]);
    expect(await works(tokens)).toBe(true);

    const done = textOf((await act(ann, 'disable', 'Disable')).html);
    expect(done).toMatch(/No server accepts (?:its|their) tokens after \d\d:\d\d:\d\d UTC/);
    expect(await works(tokens)).toBe(false);
    expect((await own.get(`${server.origin}/console`)).url).toContain('/console/login');
    expect((await (await logIn(ann)).get(`${server.origin}/console`)).url).toContain('/console/login');
    expect(await audited('user.disabled')).toEqual([{ user_id: ann.id, by: operator.id }]);
    expect((await browser.get(`${base()}/${ann.id}/disable`)).status).toBe(404);

    await browser.submit(await pageOf(ann), 'Enable');
    expect(await works(tokens)).toBe(false);
    expect((await own.get(`${server.origin}/console`)).url).toContain('/console/login');
    expect((await (await logIn(ann)).get(`${server.origin}/console`)).url).toBe(`${server.origin}/console`);
    expect(await audited('user.enabled')).toEqual([{ user_id: ann.id, by: operator.id }]);
  });

  it('enabled again, a code approved just before they were disabled is dead', async () => {
    const client = await OAuthClient.register(server.origin);
    const { page, browser: theirs } = await client.toApproval(ann);
    const answer = await theirs.submit(page, 'Approve');
    const code = new URL(answer.leftTo!).searchParams.get('code')!;
    await act(ann, 'disable', 'Disable');
    // As an approval that was under way when the others were ended leaves it.
    await server.query(`UPDATE grants SET revoked_at = NULL, revoked_because = NULL WHERE code_used_at IS NULL`);
    await browser.submit(await pageOf(ann), 'Enable');
    expect((await client.exchange(code)).json).toMatchObject({ error: 'invalid_grant' });
  });

  it('are logged out everywhere, while their tools go on; and the other way round', async () => {
    const [own, tokens] = [await logIn(ann), await connect(ann)];
    await act(ann, 'end-sessions', 'Log out everywhere');
    expect((await own.get(`${server.origin}/console`)).url).toContain('/console/login');
    expect(await works(tokens)).toBe(true);
    expect(await audited('user.sessions_ended')).toEqual([{ user_id: ann.id, by: operator.id }]);
    const again = await logIn(ann);
    await act(ann, 'disconnect', 'Disconnect tools');
    expect(await works(tokens)).toBe(false);
    expect((await again.get(`${server.origin}/console`)).url).toBe(`${server.origin}/console`);
    expect(await audited('user.tools_disconnected')).toEqual([{ user_id: ann.id, by: operator.id }]);
  });

  it('lose their second factor when they lost it: typed, logged out, by the password alone from then on; tools go on', async () => {
    const bo = await addPerson(server.app, 'bo@example.com');
    expect((await pageOf(bo)).html).not.toContain('reset-second-factor');
    expect((await browser.get(`${base()}/${bo.id}/reset-second-factor`)).status).toBe(404);
    const [own, tokens] = [await logIn(bo), await connect(bo)];
    const { recoveryCodes } = await setUpApp(server, own);
    expect((await (await logIn(bo)).get(`${server.origin}/console`)).url).toContain('/console/login');

    expect((await act(bo, 'reset-second-factor', 'Reset second factor', 'ann@example.com')).status).toBe(400);
    expect((await own.get(`${server.origin}/console`)).url).toBe(`${server.origin}/console`);

    const done = textOf((await act(bo, 'reset-second-factor', 'Reset second factor')).html);
    expect(done).toContain('Their second factor is gone.');
    expect(done).toContain('Second factor none');
    expect((await own.get(`${server.origin}/console`)).url).toContain('/console/login');
    expect((await (await logIn(bo)).get(`${server.origin}/console`)).url).toBe(`${server.origin}/console`);
    expect(await works(tokens)).toBe(true);
    expect(await audited('user.second_factor_reset')).toEqual([{ user_id: bo.id, by: operator.id }]);
    expect(recoveryCodes.length).toBeGreaterThan(0);
    expect(await server.query('SELECT 1 FROM recovery_codes WHERE user_id = $1', [bo.id])).toEqual([]);
    expect((await browser.get(`${base()}/${bo.id}/reset-second-factor`)).status).toBe(404);
  });

  it('are offered a link for a new password, which waits in the outbox where no mail is sent', async () => {
    await browser.submit(await pageOf(ann), 'Send a link for a new password');
    const outbox = await browser.get(`${server.origin}/console/operator/outbox`);
    const link = /<code class="code">([^<]+reset-password[^<]+)</.exec(outbox.html)![1]!.replace(/&#x3D;/g, '=');
    expect((await new HttpBrowser().get(link)).html).toContain('name="password"');
    expect(await audited('user.password_reset_offered')).toEqual([{ user_id: ann.id, by: operator.id }]);
  });

  it('become operators and cease to be; the last one stays one, and stays', async () => {
    for (const [name, button] of [
      ['unmake-operator', 'Take away operator'],
      ['disable', 'Disable'],
    ] as const) {
      const refused = await act(operator, name, button);
      expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('the last operator')]);
    }
    const erase = await browser.get(`${server.origin}/console/account/delete`);
    const kept = await browser.submit(erase, erase.forms.at(-1)!.buttons[0]!.label, {
      confirm: operator.email,
      password: operator.password,
    });
    expect(textOf(kept.html)).toContain('You are the last operator');
    const theirs = await logIn(ann);
    expect((await theirs.get(base())).status).toBe(404);
    await act(ann, 'make-operator', 'Make operator');
    expect((await theirs.get(base())).status).toBe(200);
    expect(await audited('user.made_operator')).toEqual([{ user_id: ann.id, by: operator.id }]);
    await act(ann, 'unmake-operator', 'Take away operator');
    expect((await theirs.get(base())).status).toBe(404);
    expect(await audited('user.unmade_operator')).toEqual([{ user_id: ann.id, by: operator.id }]);
  });

  it('the page of health names what needs somebody', async () => {
    const health = textOf((await browser.get(`${server.origin}/console/operator`)).html);
    expect(health).toContain('There is one operator.');
    expect(health).toContain('No SMTP_URL is set');
    expect(health).toContain(database === 'embedded' ? 'embedded, PostgreSQL' : 'Database PostgreSQL');
    expect(health).toMatch(/\d+ migrations applied/);
    server.clock.advance(600);
    expect(textOf((await browser.get(`${server.origin}/console/operator`)).html)).toContain(
      'Let both follow a time server',
    );
  });
});

describe('two operators who take it from each other at once', () => {
  it.each([
    ['unmake-operator', 'Take away operator'],
    ['disable', 'Disable'],
  ])('%s: one is left', async (name, button) => {
    const server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
    try {
      const [one, two] = [
        await addPerson(server.app, 'one@example.com'),
        await addPerson(server.app, 'two@example.com'),
      ];
      await server.query('UPDATE users SET operator = true');
      const open = async (who: Person, about: Person) => {
        const own = new HttpBrowser();
        await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', {
          email: who.email,
          password: who.password,
        });
        const page = await own.get(`${server.origin}/console/operator/people/${about.id}/${name}`);
        return () => own.submit(page, button, { confirm: about.email });
      };
      const acts = [await open(one, two), await open(two, one)];
      await Witness.of(server.config.databaseUrl).releaseTogether('SELECT id FROM users FOR UPDATE', [], 2, () =>
        Promise.all(acts.map((act) => act())),
      );
      const left = await server.query('SELECT id FROM users WHERE operator AND disabled_at IS NULL');
      expect(left).toHaveLength(1);
    } finally {
      await server.close();
    }
  });
});
