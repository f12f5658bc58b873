import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('logging in, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
  });
  afterAll(() => server?.close());

  const attempt = async (email: string, password: string, { browser = new HttpBrowser(), to = '' } = {}) => {
    const page = await browser.get(`${server.origin}/console/login${to}`);
    return { browser, page: await browser.submit(page, 'Log in', { email, password }) };
  };
  const isIn = async (browser: HttpBrowser) =>
    (await browser.get(`${server.origin}/console`)).url === `${server.origin}/console`;

  it('opens the console; the address in any case', async () => {
    const { browser, page } = await attempt('  ANN@example.COM ', PASSWORD);
    expect(page.url).toBe(`${server.origin}/console`);
    expect(textOf(page.html)).toContain(person.email);
    expect(await isIn(browser)).toBe(true);
  });

  it('without a session, a page of the console leads to log in and back', async () => {
    const browser = new HttpBrowser();
    const login = await browser.get(`${server.origin}/console/projects`);
    expect(login.url).toContain('/console/login?return=');
    expect((await browser.submit(login, 'Log in', { email: person.email, password: PASSWORD })).url).toBe(
      `${server.origin}/console/projects`,
    );
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    '/%2f/evil.example',
    '/%09/evil.example',
    '///evil.example',
    'javascript:alert(1)',
    '/@evil.example',
    'http:///evil.example',
    '/console/../../evil',
    '/console@evil.example',
    '/console\\@evil.example',
  ])('W9 return=%s stays here', async (to) => {
    const { page } = await attempt(person.email, PASSWORD, { to: `?return=${encodeURIComponent(to)}` });
    expect(page.leftTo).toBeUndefined();
    expect(new URL(page.url).origin).toBe(server.origin);
    expect(page.html).not.toContain('evil.example');
  });

  it('E1 an unknown account, a wrong password and a disabled account look alike', async () => {
    const disabled = await addPerson(server.app, 'disabled@example.com');
    await server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    const answers = [
      await attempt('nobody@example.com', PASSWORD),
      await attempt(person.email, 'wrong password'),
      await attempt(disabled.email, PASSWORD),
    ];
    const seen = answers.map(({ page }) => ({
      status: page.status,
      cookies: page.headers.getSetCookie().length,
      html: page.html.replace(/value="[^"]*"|challenge&quot;:&quot;[\w-]+/g, '').replace(/request=[^"]*/g, ''),
    }));
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[0]!.status).toBe(401);
  });

  it('E5 E6 ten wrong passwords, counted also in parallel; the owner elsewhere still gets in', async () => {
    const victim = await addPerson(server.app, 'victim@example.com');
    const tries = await Promise.all(
      Array.from({ length: 14 }, async () => (await attempt(victim.email, 'wrong password')).page.status),
    );
    expect(tries.filter((status) => status === 401)).toHaveLength(10);
    expect(tries.filter((status) => status === 429)).toHaveLength(4);
    const refused = await attempt(victim.email, PASSWORD);
    expect(refused.page.status).toBe(429);
    expect(Number(refused.page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(textOf(refused.page.html)).toMatch(/Try again in \d+ minutes/);
    expect((await attempt(person.email, PASSWORD)).page.status).toBe(200);
  });

  it('E9 E10 passwords are compared exactly, and endless ones refused at once', async () => {
    const [a, b] = [`${'x'.repeat(72)}a`, `${'x'.repeat(72)}b`];
    const somebody = await addPerson(server.app, 'long@example.com');
    const { Passwords } = await import('../../../src/accounts/passwords.js');
    await server.query('UPDATE users SET password_hash = $1 WHERE id = $2', [
      await new Passwords().hash(a),
      somebody.id,
    ]);
    expect((await attempt(somebody.email, b)).page.status).toBe(401);
    expect((await attempt(somebody.email, `${a} `)).page.status).toBe(401);
    expect((await attempt(somebody.email, a)).page.status).toBe(200);
    expect((await attempt(somebody.email, 'y'.repeat(5000))).page.status).toBe(401);
    const [row] = await server.query<{ password_hash: string }>('SELECT password_hash FROM users WHERE id = $1', [
      somebody.id,
    ]);
    expect(row!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('W3 W8 each log-in has a new session; logging out ends it on the server', async () => {
    const first = await attempt(person.email, PASSWORD);
    const before = first.browser.cookies.get('bkend-session')!;
    await attempt(person.email, PASSWORD, { browser: first.browser }).catch(() => undefined);
    const out = await first.browser.submit(await first.browser.get(`${server.origin}/console`), 'Log out');
    expect(textOf(out.html)).toContain('logged out');
    for (const old of [before, first.browser.cookies.get('bkend-session') ?? before]) {
      const replayed = new HttpBrowser();
      replayed.cookies.set('bkend-session', old);
      expect(await isIn(replayed)).toBe(false);
    }
  });

  it('W7 a session ends when idle, and in the end', async () => {
    const { browser } = await attempt(person.email, PASSWORD);
    server.clock.advance(11 * 3600);
    expect(await isIn(browser)).toBe(true);
    server.clock.advance(11 * 3600);
    expect(await isIn(browser)).toBe(true);
    server.clock.advance(13 * 3600);
    expect(await isIn(browser)).toBe(false);
    const { browser: kept } = await attempt(person.email, PASSWORD);
    for (let hours = 0; hours < 7 * 24 - 1; hours += 11) {
      expect(await isIn(kept)).toBe(true);
      server.clock.advance(11 * 3600);
    }
    expect(await isIn(kept)).toBe(false);
    server.clock.advance(-(35 + 16 * 11) * 3600);
  });

  it('W7 a page that keeps itself new keeps nobody logged in', async () => {
    const { browser } = await attempt(person.email, PASSWORD);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const look = () =>
      fetch(`${server.origin}/console`, { redirect: 'manual', headers: { cookie, 'x-requested-by': 'page' } });
    server.clock.advance(11 * 3600);
    expect((await look()).status).toBe(200);
    server.clock.advance(2 * 3600);
    expect((await look()).status).toBe(303);
    server.clock.advance(-13 * 3600);
  });

  it('W7 the database holds only hashes of sessions, the cookie is for this server alone', async () => {
    const { browser, page } = await attempt(person.email, PASSWORD);
    expect(page.status).toBe(200);
    const cookie = browser.cookies.get('bkend-session')!;
    expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const login = await browser.post(`${server.origin}/console/login`, new URLSearchParams());
    expect(login.status).toBeGreaterThanOrEqual(400);
  });

  it('forgotten passwords: whom to ask', async () => {
    const page = await new HttpBrowser().get(`${server.origin}/console/forgot-password`);
    expect(page.status).toBe(200);
    expect(textOf(page.html)).toMatch(/set-password|administrator|operator|runs this server/i);
  });
});
