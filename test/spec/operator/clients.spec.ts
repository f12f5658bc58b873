import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, unescape, type WebPage } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

const HTTPS = 'https://desk.example/cb';

describe.each(BOTH_DATABASES)('clients, as operators govern them, on %s', (database) => {
  let server: TestServer;
  let operator: Person;
  let ann: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    operator = await addPerson(server.app, 'operator@example.com', { organization: 'Home' });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    await server.query('UPDATE users SET operator = true WHERE id = $1', [operator.id]);
    browser = new HttpBrowser();
    const { email, password } = operator;
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', { email, password });
  });
  afterAll(() => server?.close());

  const base = () => `${server.origin}/console/operator/clients`;
  const register = async (fields: Record<string, string> = {}) =>
    browser.submit(await browser.get(`${base()}/new`), 'Register', {
      name: 'Acme Desk',
      redirect_uris: HTTPS,
      method: 'none',
      ...fields,
    });
  const listed = ({ html }: WebPage) =>
    [...html.matchAll(/clients\/([0-9a-f-]{36})"><bdi>([^<]+)</g)].map(([, id, name]) => ({ id: id!, name: name! }));
  const rowOf = async (clientId: string) =>
    (await server.query<{ id: string }>('SELECT id FROM clients WHERE client_id = $1', [clientId]))[0]!.id;
  const act = async (id: string, name: string, button: string, typed = 'Acme Desk') =>
    browser.submit(await browser.get(`${base()}/${id}/${name}`), button, { confirm: typed });
  const secretOf = ({ html }: WebPage) =>
    [...html.matchAll(/<code class="code">([^<]+)</g)].map(([, value]) => unescape(value!));
  const audited = async (action: string) =>
    (
      await server.query<{ detail: object }>(
        'SELECT detail FROM audit_events WHERE action = $1 ORDER BY id DESC LIMIT 1',
        [action],
      )
    )[0]?.detail;
  /** What is remembered of a row is forgotten within a second. */
  const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1_100));

  it('none: the page says what to do; a tool that nobody approved is not there', async () => {
    await OAuthClient.register(server.origin);
    expect(textOf((await browser.get(base())).html)).toContain('No tool was approved yet');
  });

  it('are found by name, id, grade and state, with all of it in the address', async () => {
    const client = await OAuthClient.register(server.origin, { client_name: 'Cursor <b>' });
    await client.connect(ann);
    const other = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
    await other.connect(ann);
    const names = async (query: string) => listed(await browser.get(base() + query)).map(({ name }) => name);
    expect(await names('')).toEqual(['Claude Code', 'Cursor &lt;b&gt;']);
    expect(await names('?q=CURSOR')).toEqual(['Cursor &lt;b&gt;']);
    expect(await names(`?q=${encodeURIComponent(other.registered.client_id)}`)).toEqual(['Claude Code']);
    expect(await names('?grade=self-asserted')).toHaveLength(2);
    expect(await names('?grade=registered')).toEqual([]);
    expect(textOf((await browser.get(`${base()}?state=blocked`)).html)).toContain('No clients match.');
    for (const odd of ['?q=%25', "?q='--", '?state=x', '?after=%00', '?q=a&q=b', '?after=1 x', '?grade=%00'])
      expect([odd, (await browser.get(base() + odd)).status]).toEqual([odd, 200]);
  });

  it('come in pages, each once, also those of one moment', async () => {
    await server.query(
      `INSERT INTO clients (client_id, digest, identity, metadata, created_at)
       SELECT 'many-' || n, sha256(convert_to('many-' || n, 'UTF8')), 'self-asserted',
              '{"client_name": "Many", "redirect_uris": ["https://many.example/cb"], "token_endpoint_auth_method": "none"}',
              '2020-01-01'::timestamptz + (n / 60) * interval '1 microsecond' FROM generate_series(1, 117) n`,
    );
    const found: string[] = [];
    let pages = 0;
    for (let page: WebPage | undefined = await browser.get(`${base()}?q=many`); page; pages++) {
      found.push(...listed(page).map(({ id }) => id));
      const more: string | undefined = /href="(\/console\/operator\/clients\?[^"]+after[^"]+)"/.exec(page.html)?.[1];
      page = more === undefined ? undefined : await browser.get(server.origin + unescape(more));
    }
    expect([pages, found.length, new Set(found).size]).toEqual([3, 117, 117]);
    await server.query(`DELETE FROM clients WHERE client_id LIKE 'many-%'`);
  });

  it('one is registered: its secret is shown once, and works', async () => {
    const page = await register({ method: 'client_secret_post' });
    expect(page.headers.get('cache-control')).toBe('no-store');
    const [clientId, secret] = secretOf(page);
    const client = new OAuthClient(server.origin, {
      client_id: clientId!,
      client_secret: secret,
      redirect_uris: [HTTPS],
    });
    const tokens = await client.connect(ann);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect(await audited('client.registered')).toEqual({ client: clientId, by: operator.id });
    const shown = await browser.get(`${base()}/${await rowOf(clientId!)}`);
    expect(textOf(shown.html)).toMatch(/Connections 1 connection, by 1 person/);
    expect(textOf(shown.html)).toContain('Acme 1 connection');
    expect(shown.html).not.toContain(secret);

    const [, next] = secretOf(await act(await rowOf(clientId!), 'rotate-secret', 'Replace its secret'));
    expect(next).not.toBe(secret);
    await aSecond();
    expectError(await client.refresh(tokens.refresh_token), 'invalid_client', 401);
    expect(await audited('client.secret_rotated')).toEqual({ client: clientId, by: operator.id });
  });

  it.each<[string, Record<string, string>, string]>([
    ['no name', { name: ' ' }, 'name of 1 to 100'],
    ['no redirect URI', { redirect_uris: ' \n ' }, 'one redirect URI or more'],
    ['too many', { redirect_uris: Array.from({ length: 21 }, (_, n) => `${HTTPS}${n}`).join('\n') }, '20 at most'],
    ['http of elsewhere', { redirect_uris: `${HTTPS}\nhttp://desk.example/cb` }, 'http is only for localhost'],
    ['a fragment', { redirect_uris: `${HTTPS}#x` }, 'no fragment'],
    ['script', { redirect_uris: 'javascript:alert(1)//<script>' }, 'cannot be used'],
    [
      'trust at a loopback address',
      { redirect_uris: 'http://127.0.0.1/cb', trusted: 'on' },
      'all https can be trusted',
    ],
  ])('%s is refused beside its field, and nothing is registered', async (_, fields, said) => {
    const count = () => server.query('SELECT count(*)::int AS n FROM clients');
    const before = await count();
    const refused = await register(fields);
    expect(refused.status).toBe(400);
    expect(textOf(refused.html)).toContain(said);
    expect(refused.html).not.toContain('<script>');
    expect(await count()).toEqual(before);
  });

  it('one is trusted and no longer trusted; a tool that registered itself never', async () => {
    const { id } = listed(await register({ name: 'Trusty' }))[0]!;
    const self = listed(await browser.get(`${base()}?q=Claude`))[0]!.id;
    const trusted = async () => (await server.query('SELECT trusted FROM clients WHERE id = $1', [id]))[0];
    await act(id, 'trust', 'Trust it');
    expect(await trusted()).toEqual({ trusted: true });
    expect(await audited('client.trusted')).toMatchObject({ by: operator.id });
    expect((await browser.get(`${base()}/${id}/trust`)).status).toBe(404);
    await act(id, 'distrust', 'Ask people again');
    expect(await trusted()).toEqual({ trusted: false });
    for (const name of ['trust', 'distrust', 'rotate-secret', 'unblock', 'nonsense'])
      expect([name, (await browser.get(`${base()}/${self}/${name}`)).status]).toEqual([name, 404]);
  });

  it('J10 one is blocked: it says how many connections end, ends them at once, and undoing it revives none', async () => {
    const client = await OAuthClient.register(server.origin, { client_name: 'Acme Desk' });
    const tokens = await client.connect(ann);
    const waiting = await client.again().toApproval(ann);
    const id = await rowOf(client.registered.client_id);
    expect(textOf((await browser.get(`${base()}/${id}/block`)).html)).toContain('1 connection ends');
    const wrong = await act(id, 'block', 'Block', 'Acme');
    expect([wrong.status, textOf(wrong.html)]).toEqual([400, expect.stringContaining('Nothing was changed')]);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    const done = textOf((await act(id, 'block', 'Block')).html);
    expect(done).toMatch(/1 connection has ended. No server accepts its tokens after \d\d:\d\d:\d\d UTC/);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    expect((await waiting.browser.submit(waiting.page, 'Approve')).leftTo).toBeUndefined();
    expect(await audited('client.blocked')).toMatchObject({ by: operator.id, connections: 1 });
    await act(id, 'unblock', 'Unblock');
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    const again = await client.again().connect(ann);
    expect((await callMcp(server.origin, again.access_token)).status).toBe(200);
  });
});
