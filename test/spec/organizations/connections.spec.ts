import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RegisteredClients } from '../../../src/clients/registered-clients.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Internet } from '../../support/internet.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('the connections of an organization, on %s', (database) => {
  let internet: Internet;
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let browser: HttpBrowser;
  let claude: OAuthClient;
  let cursor: OAuthClient;
  beforeAll(async () => {
    internet = await Internet.open(['tool.example']);
    server = await startServer({ database, outbound: internet, variables: { RATE_LIMITS: 'off' } });
    owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
    member = await addPerson(server.app, 'zoe@example.com', { into: owner.organizationId, role: 'member' });
    browser = await logIn(owner);
    claude = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
    cursor = await OAuthClient.register(server.origin, { client_name: 'Cursor <b>' });
  });
  afterAll(async () => {
    await server?.close();
    internet?.close();
  });

  const logIn = async ({ email, password }: Person) => {
    const own = new HttpBrowser();
    await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
    return own;
  };
  const base = (id = owner.organizationId) => `${server.origin}/console/organizations/${id}/connections`;
  const show = (query = '') => browser.get(base() + query);
  const hrefs = ({ html }: WebPage, kind: string) =>
    [
      ...html
        .replace(/&#x3D;/g, '=')
        .replace(/&amp;/g, '&')
        .matchAll(new RegExp(`href="([^"]+end\\?${kind}=[^"]*)"`, 'g')),
    ].map(([, href]) => server.origin + href!);
  const listed = (page: WebPage) => [...page.html.matchAll(/<h2><bdi>([^<]+)<\/bdi><\/h2>/g)].map(([, name]) => name);
  const works = async ({ access_token }: Tokens) => (await callMcp(server.origin, access_token)).status === 200;
  const endEverything = async () => {
    const page = await browser.get(`${base()}/end?everything=1`);
    if (page.status === 200) await browser.submit(page, page.forms.at(-1)!.buttons[0]!.label, { name: 'Acme' });
  };

  it('are none at first', async () => {
    expect(textOf((await show()).html)).toContain('No tool is connected here.');
    expect((await browser.get(`${base()}/end?everything=1`)).status).toBe(404);
  });

  it('show person, tool and grade; by search, grade and order in the address', async () => {
    await claude.again().connect(owner);
    await cursor.again().connect(member);
    await declareResource(server);
    await connectTo(FILES, claude.again(), member);
    const all = await show();
    expect(listed(all)).toEqual(['Claude Code', 'Cursor &lt;b&gt;', 'Claude Code']);
    expect(textOf(all.html)).toContain('approved by zoe@example.com');
    expect(textOf(all.html)).toContain('at Files');
    expect(listed(await show('?q=CURSOR'))).toEqual(['Cursor &lt;b&gt;']);
    expect(listed(await show('?q=owner@'))).toEqual(['Claude Code']);
    expect(listed(await show('?sort=person&q='))).toEqual(expect.arrayContaining(['Claude Code', 'Cursor &lt;b&gt;']));
    expect(listed(await show('?grade=self-asserted'))).toHaveLength(3);
    const none = await show('?grade=registered');
    expect(textOf(none.html)).toContain('No connections match.');
    for (const odd of ['?q=%25', "?q='--", '?sort=nonsense&grade=x', '?after=x', '?after=x%20y', '?q=a&q=b', '?q=%00'])
      expect([odd, (await show(odd)).status]).toEqual([odd, 200]);
    await endEverything();
  });

  it('come in pages, each once, in every order', async () => {
    const [{ id: clientId }] = (await server.query<{ id: string }>('SELECT id FROM clients LIMIT 1')) as [
      { id: string },
    ];
    await server.query(
      `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash,
                           code_challenge, redirect_uri, code_expires_at, code_used_at, expires_at, last_used_at, generation, secret_hash)
       SELECT gen_random_uuid(), $1, $2, $3, $4, '{projects:read}', true, now() - (n / 7) * interval '1 minute', decode(md5(n::text), 'hex'), 'c',
              'http://127.0.0.1/cb', now(), now() - interval '1 second', now() + interval '1 day', now() - (n % 5) * interval '1 hour', 1, '\\x00'
         FROM generate_series(1, 123) n`,
      [member.id, owner.organizationId, clientId, `${server.origin}/mcp`],
    );
    for (const sort of ['newest', 'used', 'person']) {
      const found: string[] = [];
      let pages = 0;
      for (let page: WebPage | undefined = await show(`?sort=${sort}`); page; pages++) {
        found.push(...hrefs(page, 'connection'));
        const more: string | undefined = /href="(\/console\/organizations[^"]+after[^"]+)"/.exec(
          page.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'),
        )?.[1];
        page = more === undefined ? undefined : await browser.get(server.origin + more);
      }
      expect([sort, pages, found.length, new Set(found).size]).toEqual([sort, 3, 123, 123]);
    }
    await endEverything();
    expect(listed(await show())).toEqual([]);
  });

  it('end with what was approved and waits for its code: who holds one back connects by it no more', async () => {
    await claude.again().connect(owner);
    const holding = cursor.again();
    const code = await holding.code(member);
    await endEverything();
    expect((await holding.exchange(code)).json).toMatchObject({ error: 'invalid_grant' });
    expect(listed(await show())).toEqual([]);
  });

  it('B12 end one by one, all of a tool, all of a person, or everything; and the page says by when they are dead', async () => {
    const [one, two, three] = [
      await claude.again().connect(owner),
      await claude.again().connect(member),
      await cursor.again().connect(member),
    ];
    const [newest] = hrefs(await show(), 'connection');
    let page = await browser.submit(await browser.get(newest!), 'End 1 connection');
    const said =
      /1 connection has ended\. No server accepts its tokens after (\S+) UTC, or (\S+) UTC if it has lost the database\./.exec(
        textOf(page.html),
      )!;
    // A node that cannot reach the database trusts its list for ten seconds: the last token is dead then.
    const [time, last] = said.slice(1).map((shown) => Date.parse(`2026-01-01T${shown}Z`)) as [number, number];
    expect((last - time + 86_400_000) % 86_400_000).toBe(8_000);
    expect([await works(one), await works(two), await works(three)]).toEqual([true, true, false]);
    const [tool] = hrefs(await show('?q=claude'), 'tool');
    const confirm = await browser.get(tool!);
    expect(textOf(confirm.html)).toContain('2 connections end');
    page = await browser.submit(confirm, 'End 2 connections', { name: 'wrong' });
    expect([page.status, textOf(page.html)]).toEqual([400, expect.stringContaining('not the name')]);
    await browser.submit(confirm, 'End 2 connections', { name: 'Acme' });
    expect([await works(one), await works(two)]).toEqual([false, false]);
    const [four, five] = [await claude.again().connect(owner), await cursor.again().connect(member)];
    const [person] = hrefs(await show('?q=zoe'), 'person');
    await browser.submit(await browser.get(person!), 'End 1 connection', { name: 'Acme' });
    expect([await works(four), await works(five)]).toEqual([true, false]);
    await endEverything();
    expect(await works(four)).toBe(false);
    const audit = await server.query<{ by: string }>(
      `SELECT DISTINCT detail->>'by' AS by FROM audit_events WHERE detail->>'because' = 'ended_by_administrator'`,
    );
    expect(audit).toEqual([{ by: owner.id }]);
  });

  describe('of tools by one name', () => {
    const NAME = 'Claude <i>&Co';
    const REDIRECT = 'https://tool.example/cb';
    const installation = () => OAuthClient.register(server.origin, { client_name: NAME });
    const registered = async () => {
      const asked = { name: NAME, redirectUris: [REDIRECT], authMethod: 'none', trusted: false } as const;
      const { clientId } = await server.app.get(RegisteredClients, { strict: false }).register(asked);
      return new OAuthClient(server.origin, { client_id: clientId, redirect_uris: [REDIRECT] });
    };
    const published = () => {
      const client_id = 'https://tool.example/client.json';
      internet.publish(client_id, { client_id, client_name: NAME, redirect_uris: [REDIRECT] });
      return new OAuthClient(server.origin, { client_id, redirect_uris: [REDIRECT] });
    };
    const keyOf = async ({ registered: { client_id } }: OAuthClient) => {
      const [row] = await server.query<{ id: string }>('SELECT id FROM clients WHERE client_id = $1', [client_id]);
      return row!.id;
    };
    const working = async (all: readonly Tokens[]) => Promise.all(all.map(works));

    it('all of one client end, whoever vouches for it, and nothing of the others that call themselves the same', async () => {
      const clients = [await registered(), published(), await installation(), await installation()];
      const tokens: Tokens[] = [];
      for (const client of clients)
        for (const person of [owner, member]) tokens.push(await client.again().connect(person));
      let left = await working(tokens);
      expect(left).toEqual(tokens.map(() => true));
      for (const [index, client] of clients.entries()) {
        const confirm = await browser.get(`${base()}/end?tool=${await keyOf(client)}`);
        expect(textOf(confirm.html)).not.toContain('A name proves nothing');
        await browser.submit(confirm, 'End 2 connections', { name: 'Acme' });
        left = left.map((one, at) => one && at >> 1 !== index);
        expect(await working(tokens)).toEqual(left);
      }
    });

    it('all that nobody vouches for end together, asked once; vouched ones, other names and other organizations go on', async () => {
      const elsewhere = await addPerson(server.app, 'elsewhere@example.com', { organization: 'Elsewhere' });
      const other = await OAuthClient.register(server.origin, { client_name: NAME.toLowerCase() });
      const kept = [
        await (await registered()).connect(owner),
        await published().connect(owner),
        await other.connect(owner),
        await (await installation()).connect(elsewhere),
      ];
      const ended: Tokens[] = [];
      for (const person of [owner, member, member]) ended.push(await (await installation()).connect(person));
      const offered = new Map(
        hrefs(await show(), 'called').map((href) => [new URL(href).searchParams.get('called'), href]),
      );
      expect([...offered.keys()]).toEqual([NAME, NAME.toLowerCase()]);
      const href = offered.get(NAME);
      const confirm = await browser.get(href!);
      expect(textOf(confirm.html)).toContain('3 connections end within two seconds');
      expect(confirm.html).toContain('<bdi>Claude &lt;i&gt;&amp;Co</bdi></strong>, and nobody vouches for it.');
      const wrong = await browser.submit(confirm, 'End 3 connections', { name: NAME });
      expect([wrong.status, textOf(wrong.html)]).toEqual([400, expect.stringContaining('A name proves nothing')]);
      expect(await working(ended)).toEqual([true, true, true]);
      const done = await browser.submit(confirm, 'End 3 connections', { name: 'Acme' });
      expect(textOf(done.html)).toContain('3 connections have ended.');
      expect(await working([...ended, ...kept])).toEqual([...ended.map(() => false), ...kept.map(() => true)]);
      const events = await server.query(
        `SELECT detail, count(*)::int AS n FROM audit_events a JOIN grants g ON g.id = a.grant_id JOIN clients c ON c.id = g.client_id
          WHERE a.action = 'grant.revoked' AND c.metadata->>'client_name' = $1 AND c.identity = 'self-asserted' GROUP BY 1`,
        [NAME],
      );
      expect(events).toEqual([{ detail: { because: 'ended_by_administrator', by: owner.id }, n: 7 }]);
      expect((await browser.get(href!)).status).toBe(404);
      await endEverything();
    });

    it('are nobody else’s to end, nor is anything by no name, by two, or by a part of one', async () => {
      const tokens = await (await installation()).connect(member);
      const nameless = await (await OAuthClient.register(server.origin, { client_name: undefined })).connect(member);
      const [href] = hrefs(await show(), 'called');
      const thief = await addPerson(server.app, 'thief@example.com', { organization: 'Thieves' });
      for (const other of [await logIn(member), await logIn(thief)]) {
        const csrf = (await other.get(`${server.origin}/console`)).forms[0]!.fields.find(
          ({ name }) => name === 'csrf',
        )!.value;
        for (const url of [href!, href!.replace(owner.organizationId, thief.organizationId)]) {
          expect([url, (await other.get(url)).status]).toEqual([url, 404]);
          await other.post(url, new URLSearchParams({ csrf, name: 'Acme' }));
          await other.post(url, new URLSearchParams({ csrf, name: 'Thieves' }));
        }
      }
      const csrf = (await browser.get(`${server.origin}/console`)).forms[0]!.fields.find(
        ({ name }) => name === 'csrf',
      )!.value;
      for (const odd of [
        '',
        'Claude',
        '%25',
        '%00',
        'null',
        `x&called=${encodeURIComponent(NAME)}`,
        'x&everything=1',
      ]) {
        const url = `${base()}/end?called=${odd}`;
        expect([odd, (await browser.get(url)).status]).toEqual([odd, 404]);
        await browser.post(url, new URLSearchParams({ csrf, name: 'Acme' }));
      }
      expect((await browser.post(href!, new URLSearchParams({ name: 'Acme' }))).status).toBe(403);
      expect(await working([tokens, nameless])).toEqual([true, true]);
      await endEverything();
    });
  });

  it('are nobody else’s to see or end: members, strangers, other organizations’ administrators', async () => {
    const tokens = await claude.again().connect(member);
    const [href] = hrefs(await show(), 'connection');
    const stranger = await addPerson(server.app, 'stranger@example.com', { organization: 'Evil' });
    for (const other of [await logIn(member), await logIn(stranger)]) {
      expect((await other.get(base())).status).toBe(404);
      expect((await other.get(href!)).status).toBe(404);
      const csrf = (await other.get(`${server.origin}/console`)).forms[0]!.fields.find(
        ({ name }) => name === 'csrf',
      )!.value;
      expect((await other.post(href!, new URLSearchParams({ csrf }))).status).toBe(404);
    }
    const evil = await logIn(stranger);
    const own = href!.replace(owner.organizationId, stranger.organizationId);
    const csrf = (await evil.get(`${server.origin}/console`)).forms[0]!.fields.find(
      ({ name }) => name === 'csrf',
    )!.value;
    expect((await evil.post(own, new URLSearchParams({ csrf, name: 'Evil' }))).status).toBe(404);
    for (const odd of ['', '?', '?connection=x', '?connection=', '?tool=1&person=2', '?everything=1&connection=x'])
      expect([odd, (await browser.get(`${base()}/end${odd}`)).status]).toEqual([odd, 404]);
    expect(await works(tokens)).toBe(true);
    expect(textOf((await show(`?ended=3&by=${Date.now() + 9e9}`)).html)).not.toContain('ended.');
    expect(textOf((await show('?ended=<i>&by=1')).html)).not.toContain('<i>');
  });
});
