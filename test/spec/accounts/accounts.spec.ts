import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

const STRONG = 'violet anchor seventeen pelicans';

describe.each(BOTH_DATABASES)('accounts, on %s', (database) => {
  let mailbox: Mailbox;
  let server: TestServer;
  let person: Person;
  let serial = 0;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    server = await startServer({ database, variables: { ...mailbox.variables, SIGN_UP: 'open', RATE_LIMITS: 'off' } });
  });
  afterAll(async () => {
    await server?.close();
    await mailbox?.close();
  });
  beforeEach(async () => {
    person = await addPerson(server.app, `ann${serial++}@example.com`);
  });

  const at = (path: string) => server.origin + path;
  const logIn = async ({ email, password }: Pick<Person, 'email' | 'password'>, browser = new HttpBrowser()) => {
    const page = await browser.submit(await browser.get(at('/console/login')), 'Log in', { email, password });
    return { browser, page };
  };
  const isIn = (page: WebPage) => page.html.includes('action="/console/logout"');
  const askForReset = async (email: string) => {
    const browser = new HttpBrowser();
    return browser.submit(await browser.get(at('/console/forgot-password')), 'Send the link', { email });
  };
  const rows = async (table: string) =>
    Number((await server.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`))[0]!.n);

  describe('signing up', () => {
    const ask = async (email: string, browser = new HttpBrowser()) =>
      browser.submit(await browser.get(at('/console/sign-up')), 'Send the link', { email });

    it('writes nothing before the address is proven; then makes the account, and logs it in', async () => {
      const email = `new${serial++}@example.com`;
      const before = [await rows('users'), await rows('audit_events')];
      const sent = await ask(`  ${email.toUpperCase()} `);
      expect(textOf(sent.html)).toContain('Check your mail');
      const { mail, link } = await mailbox.next(email);
      expect([await rows('users'), await rows('audit_events')]).toEqual(before);
      expect(mail.subject).toBe('Your account');
      expect(mail.from!.value[0]!.address).toBe('no-reply@auth.example.com');
      expect(mail.html).toContain('Create your account');
      expect(mail.text).toContain('If you did not ask for this, do nothing');

      const again = new HttpBrowser();
      const open = await again.get(link);
      const other = { name: 'X', password: `${STRONG} 2` };
      const browser = new HttpBrowser();
      let page = await browser.get(link);
      expect(textOf(page.html)).toContain(`For ${email}.`);
      page = await browser.submit(page, 'Create account', { name: 'New', password: 'password' });
      expect([page.status, textOf(page.html)]).toEqual([400, expect.stringContaining('easily guessed')]);
      page = await browser.submit(page, 'Create account', { name: '', password: STRONG });
      expect(page.status).toBe(400);
      page = await browser.submit(page, 'Create account', { name: 'New', password: STRONG });
      expect([isIn(page), textOf(page.html)]).toEqual([true, expect.stringContaining('Your account is ready')]);
      expect(isIn((await logIn({ email, password: STRONG })).page)).toBe(true);
      // The link is spent, and a page that was open with it too.
      const spent = [await browser.get(link), await again.submit(open, 'Create account', other)];
      for (const { status, html } of spent)
        expect([status, textOf(html)]).toEqual([400, expect.stringContaining('This link cannot be used')]);
      expect(isIn((await logIn({ email, password: other.password })).page)).toBe(false);
    });

    it('tells the owner of a known account, and nobody else', async () => {
      const [known, unknown] = [await ask(person.email), await ask(`nobody${serial++}@example.com`)];
      const bare = ({ html }: WebPage) => textOf(html).replace(/\S+@example\.com/, '');
      expect(bare(known)).toBe(bare(unknown));
      const { mail, link } = await mailbox.next(person.email);
      expect([mail.text, link]).toEqual([expect.stringContaining('You have one already'), at('/console/login')]);
    });

    it('goes on with what the person was about to do', async () => {
      const client = await OAuthClient.register(server.origin);
      const browser = new HttpBrowser();
      const login = await browser.get(client.authorizeUrl());
      const href = /href="(\/console\/sign-up\?[^"]+)"/.exec(
        login.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'),
      )![1]!;
      const email = `flow${serial++}@example.com`;
      const sent = await browser.submit(await browser.get(at(href)), 'Send the link', { email });
      const next = /<a class="button" href="([^"]+)"/
        .exec(sent.html)![1]!
        .replace(/&#x3D;/g, '=')
        .replace(/&amp;/g, '&');
      const { link } = await mailbox.next(email);
      await browser.submit(await browser.get(link), 'Create account', { name: 'Flow', password: STRONG });
      const page = await browser.get(at(next));
      expect(textOf(page.html)).toContain('Select an organization');
    });

    it('refuses what is no address, a link that is old, forged, or of another kind', async () => {
      expect((await ask('nonsense')).status).toBe(400);
      const email = `old${serial++}@example.com`;
      await ask(email);
      const { link } = await mailbox.next(email);
      await askForReset(person.email);
      const reset = (await mailbox.next(person.email)).link;
      const token = new URL(reset).searchParams.get('token')!;
      for (const bad of [
        `${link}x`,
        link.slice(0, -3),
        at('/console/sign-up/finish'),
        at(`/console/sign-up/finish?token=${token}`),
      ])
        expect((await new HttpBrowser().get(bad)).status).toBe(400);
      server.clock.advance(24 * 3_600 + 1);
      expect((await new HttpBrowser().get(link)).status).toBe(400);
    });

    it('speaks the language of the page', async () => {
      const email = `ko${serial++}@example.com`;
      const browser = new HttpBrowser({ 'accept-language': 'ko' });
      await browser.submit(await browser.get(at('/console/sign-up')), '링크 보내기', { email });
      const { mail, link } = await mailbox.next(email);
      expect(mail.subject).toBe('회원님의 계정');
      await browser.submit(await browser.get(link), '계정 만들기', { name: '안', password: STRONG });
      await askForReset(email);
      expect((await mailbox.next(email)).mail.subject).toBe('새 비밀번호');
    });
  });

  describe('a forgotten password', () => {
    it('is replaced by the owner of the address: sessions end, and tools if they want', async () => {
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(person);
      const { browser: elsewhere } = await logIn(person);
      await askForReset(person.email);
      const { mail, link } = await mailbox.next(person.email);
      expect(mail.subject).toBe('A new password');
      const browser = new HttpBrowser();
      let page = await browser.get(link);
      page = await browser.submit(page, 'Save the password', { password: 'short' });
      expect(page.status).toBe(400);
      page = await browser.submit(page, 'Save the password', { password: STRONG });
      expect(textOf(page.html)).toContain('Log in with the new one');
      expect(isIn(await elsewhere.get(at('/console')))).toBe(false);
      expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
      expect(isIn((await logIn(person)).page)).toBe(false);
      expect(isIn((await logIn({ email: person.email, password: STRONG })).page)).toBe(true);
    });

    it('keeps the tools when the tick is taken away', async () => {
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(person);
      await askForReset(person.email);
      const browser = new HttpBrowser();
      const page = await browser.get((await mailbox.next(person.email)).link);
      await browser.submit(page, 'Save the password', { password: STRONG, tools: undefined });
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    });

    it('works once, for an hour, and only while the password is the one it replaces', async () => {
      await askForReset(person.email);
      await askForReset(person.email);
      const [one, two] = [(await mailbox.next(person.email)).link, (await mailbox.next(person.email)).link];
      const browser = new HttpBrowser();
      const page = await browser.get(one);
      await browser.submit(page, 'Save the password', { password: STRONG });
      expect((await browser.submit(page, 'Save the password', { password: `${STRONG} again` })).status).toBe(400);
      for (const link of [one, two]) expect((await new HttpBrowser().get(link)).status).toBe(400);
      await askForReset(person.email);
      const { link } = await mailbox.next(person.email);
      server.clock.advance(3_601);
      expect((await new HttpBrowser().get(link)).status).toBe(400);
    });

    it('ends when the account has another address: whoever reads the old one is no longer asked', async () => {
      await askForReset(person.email);
      const { link } = await mailbox.next(person.email);
      const browser = new HttpBrowser();
      const page = await browser.get(link);
      await server.query('UPDATE users SET email = $2 WHERE id = $1', [person.id, `moved${serial++}@example.com`]);
      expect((await browser.submit(page, 'Save the password', { password: STRONG })).status).toBe(400);
      expect((await browser.get(link)).status).toBe(400);
    });

    it('of two at once, one is set', async () => {
      await askForReset(person.email);
      const { link } = await mailbox.next(person.email);
      const browsers = [new HttpBrowser(), new HttpBrowser(), new HttpBrowser()];
      const pages = await Promise.all(browsers.map((browser) => browser.get(link)));
      const passwords = ['one', 'two', 'three'].map((word) => `${STRONG} ${word}`);
      const answers = await Promise.all(
        browsers.map((browser, index) =>
          browser.submit(pages[index]!, 'Save the password', { password: passwords[index]! }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const works = await Promise.all(
        passwords.map(async (password) => isIn((await logIn({ email: person.email, password })).page)),
      );
      expect(works.filter(Boolean)).toHaveLength(1);
    });

    it('looks the same for an unknown and a disabled account, which are sent nothing', async () => {
      await server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [person.id]);
      mailbox.mails.length = 0;
      const known = await addPerson(server.app, `known${serial++}@example.com`);
      const pages = await Promise.all(
        [person.email, `unknown${serial++}@example.com`, known.email, '\0', 'x'.repeat(5_000)].map(askForReset),
      );
      const texts = pages.slice(0, 3).map(({ html }) => textOf(html).replace(/\S+@example\.com/, ''));
      expect(new Set(texts).size).toBe(1);
      await mailbox.next(known.email);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(mailbox.mails).toEqual([]);
    });
  });

  describe('the account page', () => {
    it('says what guards it before what happened', async () => {
      const { browser } = await logIn(person);
      const page = textOf((await browser.get(at('/console/account'))).html);
      expect(page.indexOf('What you are asked for at log-in')).toBeGreaterThan(page.indexOf('Change the password'));
      expect(page.indexOf('What you are asked for at log-in')).toBeLessThan(page.indexOf('Where you are logged in'));
    });

    it('W16 changes the password, of whoever knows it, and ends other sessions', async () => {
      const [{ browser }, { browser: other }] = [await logIn(person), await logIn(person)];
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(person);
      let page = await browser.get(at('/console/account'));
      page = await browser.submit(page, 'Change the password', { current: 'wrong', password: STRONG });
      expect([page.status, textOf(page.html)]).toEqual([400, expect.stringContaining('not your current password')]);
      page = await browser.submit(page, 'Change the password', {
        current: PASSWORD,
        password: STRONG,
        tools: undefined,
      });
      expect(textOf(page.html)).toContain('Your password is changed');
      expect([isIn(page), isIn(await other.get(at('/console')))]).toEqual([true, false]);
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
      expect((await mailbox.next(person.email)).mail.text).toContain('Your password was changed');
      expect(isIn((await logIn({ email: person.email, password: STRONG })).page)).toBe(true);
    });

    it('W16 changes the address once the new one is proven, in a session of the same account; the old one is told', async () => {
      const { browser } = await logIn(person);
      const email = `moved${serial++}@example.com`;
      let page = await browser.get(at('/console/account'));
      expect((await browser.submit(page, 'Send the link', { email, password: 'wrong' })).status).toBe(400);
      page = await browser.submit(page, 'Send the link', { email, password: PASSWORD });
      expect(textOf(page.html)).toContain('Check your mail');
      const { link } = await mailbox.next(email);
      const { browser: stranger } = await logIn(await addPerson(server.app, `stranger${serial++}@example.com`));
      expect((await stranger.get(link)).status).toBe(400);
      page = await browser.get(link);
      expect((await server.query('SELECT 1 FROM users WHERE email = $1', [email])).length).toBe(0);
      page = await browser.submit(page, 'Use this address');
      expect(textOf(page.html)).toContain(email);
      expect((await mailbox.next(person.email)).mail.text).toContain(email);
      expect((await browser.get(link)).status).toBe(400);
      expect(isIn((await logIn({ email, password: PASSWORD })).page)).toBe(true);
    });

    it.each([
      [
        'changed',
        async (browser: HttpBrowser) =>
          browser.submit(await browser.get(at('/console/account')), 'Change the password', {
            current: PASSWORD,
            password: STRONG,
          }),
      ],
      [
        'reset',
        async () => {
          const owner = new HttpBrowser();
          await askForReset(person.email);
          const page = await owner.get((await mailbox.next(person.email)).link);
          return owner.submit(page, 'Save the password', { password: STRONG });
        },
      ],
    ])('W16 a change of address that was asked for ends when the password is %s', async (_, renew) => {
      const { browser } = await logIn(person);
      const email = `thief${serial++}@example.com`;
      await browser.submit(await browser.get(at('/console/account')), 'Send the link', { email, password: PASSWORD });
      const { link } = await mailbox.next(email);
      const open = await browser.get(link);
      expect(open.status).toBe(200);
      expect((await renew(browser)).status).toBe(200);
      const { browser: own } = await logIn({ email: person.email, password: STRONG });
      expect((await own.get(link)).status).toBe(400);
      await browser.submit(open, 'Use this address');
      expect(await server.query('SELECT email FROM users WHERE id = $1', [person.id])).toEqual([
        { email: person.email },
      ]);
    });

    it('does not take an address that somebody got meanwhile', async () => {
      const { browser } = await logIn(person);
      const email = `wanted${serial++}@example.com`;
      await browser.submit(await browser.get(at('/console/account')), 'Send the link', { email, password: PASSWORD });
      const { link } = await mailbox.next(email);
      const page = await browser.get(link);
      await addPerson(server.app, email);
      expect((await browser.submit(page, 'Use this address')).status).toBe(400);
      expect(await server.query('SELECT email FROM users WHERE id = $1', [person.id])).toEqual([
        { email: person.email },
      ]);
    });

    it('lists sessions with where and since when, and ends one, or all others', async () => {
      const { browser } = await logIn(person);
      const firefox = new HttpBrowser({ 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' });
      const phone = new HttpBrowser({ 'user-agent': 'Mozilla/5.0 (iPhone) Version/19 Safari/605' });
      await logIn(person, firefox);
      await logIn(person, phone);
      let page = await browser.get(at('/console/account'));
      expect(textOf(page.html)).toMatch(/Firefox, Windows · 127\.0\.0\.1/);
      expect(textOf(page.html)).toContain('Safari, iOS');
      expect(textOf(page.html)).toContain('this browser');
      const foreign = (await logIn(await addPerson(server.app, `x${serial++}@example.com`))).browser;
      const form = page.forms.find(({ action }) => /sessions\/[0-9a-f]+\/end/.test(action))!;
      const own = (await foreign.get(at('/console/account'))).forms[0]!.fields.find(
        ({ name }) => name === 'csrf',
      )!.value;
      expect((await foreign.post(at(form.action), new URLSearchParams({ csrf: own }))).status).toBe(404);
      const csrf = form.fields.find(({ name }) => name === 'csrf')!.value;
      expect((await browser.post(at(form.action), new URLSearchParams({ csrf }))).status).toBe(200);
      const left = [isIn(await firefox.get(at('/console'))), isIn(await phone.get(at('/console')))];
      expect(left.filter(Boolean)).toHaveLength(1);
      page = await browser.submit(await browser.get(at('/console/account')), 'Log out everywhere else');
      expect(isIn(await firefox.get(at('/console'))) || isIn(await phone.get(at('/console')))).toBe(false);
      expect(isIn(page)).toBe(true);
    });

    it('O14 erases the account: everything ends, the address is free, and whoever takes it inherits nothing', async () => {
      const client = await OAuthClient.register(server.origin);
      const tokens = await client.connect(person);
      const { browser } = await logIn(person);
      let page = await browser.get(at('/console/account/delete'));
      for (const refused of [
        { confirm: person.email, password: 'wrong' },
        { confirm: 'another', password: PASSWORD },
        { confirm: undefined, password: PASSWORD },
      ]) {
        page = await browser.submit(page, 'Delete my account', refused);
        expect(page.status).toBe(400);
      }
      page = await browser.submit(page, 'Delete my account', { confirm: person.email, password: PASSWORD });
      expect(textOf(page.html)).toContain('Your account is deleted');
      expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
      expect(isIn((await logIn(person)).page)).toBe(false);
      expect(isIn((await logIn({ email: `erased-${person.id}`, password: PASSWORD })).page)).toBe(false);
      const heir = await addPerson(server.app, person.email, { none: true });
      const { page: console_ } = await logIn(heir);
      expect(textOf(console_.html)).toContain('No tool is connected yet');
      expect(await server.query('SELECT 1 FROM memberships WHERE user_id = $1', [heir.id])).toEqual([]);
    });

    it('does not leave others without an owner', async () => {
      await addPerson(server.app, `member${serial++}@example.com`, { into: person.organizationId, role: 'member' });
      const { browser } = await logIn(person);
      const page = await browser.submit(await browser.get(at('/console/account/delete')), 'Delete my account', {
        confirm: person.email,
        password: PASSWORD,
      });
      expect([page.status, textOf(page.html)]).toEqual([
        400,
        expect.stringContaining('Make somebody else an owner first'),
      ]);
      expect(isIn((await logIn(person)).page)).toBe(true);
    });

    it('changes the name', async () => {
      const { browser } = await logIn(person);
      const page = await browser.submit(await browser.get(at('/console/account')), 'Save the name', {
        name: 'Ann <b>',
      });
      expect(page.html).toContain('value="Ann &lt;b&gt;"');
    });
  });
});

describe('without SMTP, and without sign-up', () => {
  let server: TestServer;
  let person: Person;
  beforeAll(async () => {
    server = await startServer();
    person = await addPerson(server.app, 'ann@example.com');
  });
  afterAll(() => server?.close());

  it('the link is in the log, and the page says whom to ask', async () => {
    const { watch } = await import('../../support/watch.js');
    const browser = new HttpBrowser();
    const page = await browser.submit(await browser.get(`${server.origin}/console/forgot-password`), 'Send the link', {
      email: person.email,
    });
    expect(textOf(page.html)).toContain('Ask whoever runs this server: the link is in its log');
    const line = watch.logged.find((one) => one.includes('/console/reset-password?token='))!;
    const chosen = await browser.get(/http\S+/.exec(line)![0]);
    expect((await browser.submit(chosen, 'Save the password', { password: STRONG })).status).toBe(200);
  });

  it('operators have the link on their page of mails, and nobody else has that page', async () => {
    const { email } = await addPerson(server.app, 'bob@example.com');
    const asking = new HttpBrowser();
    await asking.submit(await asking.get(`${server.origin}/console/forgot-password`), 'Send the link', { email });
    const browser = new HttpBrowser();
    const login = { email, password: PASSWORD };
    const home = await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', login);
    expect(home.html).not.toContain('/console/operator');
    expect((await browser.get(`${server.origin}/console/operator/outbox`)).status).toBe(404);
    await server.query('UPDATE users SET operator = true WHERE email = $1', [email]);
    const page = await browser.get(`${server.origin}/console/operator/outbox`);
    expect(textOf(page.html)).toMatch(
      /A new password to be handed over bob@example\.com · just now http\S+\/console\/reset-password\?token=/,
    );
  });

  it('nobody can sign up, and no page offers it', async () => {
    expect((await new HttpBrowser().get(`${server.origin}/console/login`)).html).not.toContain('sign-up');
    for (const path of ['/console/sign-up', '/console/sign-up/finish?token=x'])
      expect((await new HttpBrowser().get(server.origin + path)).status).toBe(403);
  });
});

describe('mails', () => {
  it('are offered again when they are not taken, and five an hour are sent to one person', async () => {
    const mailbox = await Mailbox.open();
    const server = await startServer({ variables: mailbox.variables });
    try {
      const person = await addPerson(server.app, 'ann@example.com');
      mailbox.refusals = 1;
      const browser = new HttpBrowser();
      for (let asked = 0; asked < 8; asked++)
        await browser.submit(await browser.get(`${server.origin}/console/forgot-password`), 'Send the link', {
          email: person.email,
        });
      for (let sent = 0; sent < 5; sent++) await mailbox.next(person.email);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect([mailbox.mails.length, mailbox.attempts]).toEqual([0, 6]);
    } finally {
      await server.close();
      await mailbox.close();
    }
  });
});
