import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Policies } from '../../../src/database/repositories/policies.repository.js';
import { ToolPolicy } from '../../../src/policy/tool-policy.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { type HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

const MANY = 120;

describe.each(BOTH_DATABASES)('long lists come in pages, on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    browser = await enter(server, ann);
  });
  afterAll(() => server?.close());

  const open = (path: string) => browser.get(`${server.origin}/console${path}`);
  const linkOf = ({ html }: WebPage, name: string) =>
    new RegExp(`href="([^"]*)">${name}<`).exec(html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'))?.[1];
  const follow = async (page: WebPage, name: string) => browser.get(server.origin + linkOf(page, name)!);
  /** The page and all that follow it. */
  const through = async (first: WebPage, name: string) => {
    const pages = [first];
    for (let page = first; linkOf(page, name); pages.push(page)) page = await follow(page, name);
    return pages;
  };
  const found = ({ html }: WebPage, pattern: RegExp) => [...html.matchAll(pattern)].map(([, one]) => one!);

  it('one’s own connections, each once; the oldest can be disconnected too', async () => {
    await (await OAuthClient.register(server.origin)).connect(ann);
    await server.query(
      `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash,
                           code_challenge, redirect_uri, code_expires_at, code_used_at, expires_at, generation, secret_hash)
       SELECT gen_random_uuid(), user_id, organization_id, client_id, resource, scopes, renewable, created_at - (n / 7 + 1) * interval '1 minute',
              sha256(gen_random_uuid()::text::bytea), 'c', redirect_uri, created_at, created_at, expires_at, 1, '\\x00'
         FROM grants, generate_series(1, $1::integer) n`,
      [MANY - 1],
    );
    const ids = (page: WebPage) => found(page, /href="\/console\/connections\/([0-9a-f-]{36})"/g);
    const pages = await through(await open('/connections'), 'More tools');
    expect(pages.map((page) => ids(page).length)).toEqual([50, 50, 20]);
    const rows = await server.query<{ id: string }>('SELECT id FROM grants ORDER BY created_at DESC, id DESC');
    expect(pages.flatMap(ids)).toEqual(rows.map(({ id }) => id));
    expect(ids(await follow(pages[2]!, 'Back to the newest'))).toEqual(ids(pages[0]!));
    expect(textOf((await open('')).html)).toMatch(new RegExp(`\\b${MANY}\\b`));
    const oldest = rows.at(-1)!.id;
    const confirm = await open(`/connections/${oldest}/disconnect`);
    expect(textOf((await browser.submit(confirm, 'Disconnect')).html)).toContain('The tool is disconnected.');
    expect((await open(`/connections/${oldest}/disconnect`)).status).toBe(404);
    for (const odd of ['x', '0', '1 2']) expect((await open(`/connections?after=${odd}`)).status).toBe(200);
    expect(ids(await open('/connections?q=TEST%20tool'))).toEqual(ids(await open('/connections')));
    expect(ids(await open('/connections?q=acm')).length).toBe(50);
    const none = await open('/connections?q=nobody');
    expect(textOf(none.html)).toContain('No tools match.');
    expect(ids(await follow(none, 'Show all tools')).length).toBe(50);
    for (const odd of ['q=%00', 'q=a&q=b', 'q=%25']) expect((await open(`/connections?${odd}`)).status).toBe(200);
  });

  it('projects, by part of their name too', async () => {
    await server.query(
      `INSERT INTO projects (organization_id, name, created_at, updated_at)
       SELECT $1, 'Project ' || n, $2::timestamptz + (n / 7) * interval '1 minute', $2 FROM generate_series(1, $3::integer) n`,
      [ann.organizationId, server.clock.now(), MANY],
    );
    const names = (page: WebPage) => found(page, /<h2><bdi>([^<]+)<\/bdi>/g);
    const rows = await server.query<{ name: string }>('SELECT name FROM projects ORDER BY created_at, id');
    const pages = await through(await open('/projects'), 'More projects');
    expect(pages.map((page) => names(page).length)).toEqual([50, 50, 20]);
    expect(pages.flatMap(names)).toEqual(rows.map(({ name }) => name));
    const ones = await through(await open('/projects?q=PROJECT%201'), 'More projects');
    const wanted = rows.map(({ name }) => name).filter((name) => name.startsWith('Project 1'));
    expect(ones.flatMap(names)).toEqual(wanted);
    const none = await open('/projects?q=nobody');
    expect(textOf(none.html)).toContain('No project is called that.');
    expect(names(await follow(none, 'Show all projects'))).toEqual(names(pages[0]!));
    for (const odd of ['q=%00', 'q=a&q=b', 'q=%25']) expect((await open(`/projects?${odd}`)).status).toBe(200);
  });

  it('open invitations, beside the members and their search', async () => {
    await server.query(
      `INSERT INTO invitations (organization_id, email, role, invited_by, created_at, expires_at)
       SELECT $1, 'guest' || n || '@example.com', 'member', $2, $3::timestamptz - (n / 7) * interval '1 minute', $3::timestamptz + interval '1 day'
         FROM generate_series(1, $4::integer) n`,
      [ann.organizationId, ann.id, server.clock.now(), MANY],
    );
    await server.query(
      `WITH people AS (INSERT INTO users (email, name, password_hash, created_at)
          SELECT 'member' || n || '@example.com', 'Member', 'x', $2 FROM generate_series(1, 60) n RETURNING id)
       INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT id, $1, 'member', $2 FROM people`,
      [ann.organizationId, server.clock.now()],
    );
    const guests = (page: WebPage) => found(page, /<p>(guest\d+)@example\.com/g);
    const members = (page: WebPage) => found(page, /(member\d+)@example\.com ·/g);
    const path = `/organizations/${ann.organizationId}/members`;
    const pages = await through(await open(`${path}?q=member1`), 'More invitations');
    expect(pages.map((page) => guests(page).length)).toEqual([50, 50, 20]);
    expect(new Set(pages.flatMap(guests)).size).toBe(MANY);
    for (const page of pages) expect(members(page)).toEqual(members(pages[0]!));
    const everybody = await open(path);
    const second = await follow(everybody, 'More invitations');
    const both = await follow(second, 'More members');
    expect(guests(both)).toEqual(guests(second));
    expect(members(both).length).toBe(11);
    expect(guests(await follow(both, 'Back to the first'))).toEqual(guests(everybody));
  });

  it('members of an organization, as operators see them, by name too', async () => {
    await server.query('UPDATE users SET operator = true WHERE id = $1', [ann.id]);
    const path = `/operator/organizations/${ann.organizationId}`;
    const members = (page: WebPage) => found(page, />([^<]+@example\.com)<\/a> <span class="badge">/g);
    const everybody = await server.query<{ email: string }>(
      'SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1 ORDER BY u.email',
      [ann.organizationId],
    );
    const pages = await through(await open(path), 'More members');
    expect(pages.length).toBe(2);
    expect(pages.flatMap(members)).toEqual(everybody.map(({ email }) => email));
    expect(members(await follow(pages[1]!, 'Back to the first'))).toEqual(members(pages[0]!));
    expect(members(await open(`${path}?q=MEMBER59`))).toEqual(['member59@example.com']);
    const none = await open(`${path}?q=nobody`);
    expect(textOf(none.html)).toContain('Nobody here is called that. See everybody');
    for (const odd of ['q=%00', 'after=%00', 'q=a&q=b'])
      expect([odd, (await open(`${path}?${odd}`)).status]).toEqual([odd, 200]);
  });

  it('who asks for tools, by part of the person or the tool too', async () => {
    const { id: by, organizationId } = ann;
    const change = {
      tool: '*',
      people: 'everybody',
      becomes: { verdict: 'ask', ceiling: null, expiresAt: null },
    } as const;
    const { version } = await server.app.get(Policies, { strict: false }).read(organizationId);
    await server.app.get(ToolPolicy, { strict: false }).save({ organizationId, change, version, by });
    await server.query(
      `WITH people AS (INSERT INTO users (email, name, password_hash, created_at)
          SELECT 'asker' || n || '@example.com', 'Asker', 'x', $2 FROM generate_series(1, 60) n RETURNING id),
       members AS (INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT id, $1, 'member', $2 FROM people)
       INSERT INTO access_requests (user_id, organization_id, client_id, digest, identity, client_name, redirect_uri, resource, scopes, reason, asked_at)
       SELECT id, $1, 'dyn-x', sha256(n::text::bytea), 'self-asserted', CASE n WHEN 1 THEN 'Sorter' END, 'http://127.0.0.1/cb', $3, '{}', 'To look',
              $2::timestamptz - (row_number() OVER () / 7) * interval '1 minute' FROM people, generate_series(1, 2) n`,
      [organizationId, server.clock.now(), `${server.origin}/mcp`],
    );
    const path = `/organizations/${organizationId}/policy/requests`;
    const ids = (page: WebPage) => found(page, /policy\/requests\/([0-9a-f-]{36})"/g);
    const pages = await through(await open(path), 'Later ones');
    expect(pages.map((page) => ids(page).length)).toEqual([50, 50, 20]);
    const rows = await server.query<{ id: string }>('SELECT id FROM access_requests ORDER BY asked_at, id');
    expect(pages.flatMap(ids)).toEqual(rows.map(({ id }) => id));
    const sorters = await through(await open(`${path}?q=SORTER`), 'Later ones');
    expect(sorters.map((page) => ids(page).length)).toEqual([50, 10]);
    expect(new Set(sorters.flatMap(ids)).size).toBe(60);
    expect(ids(await follow(sorters[1]!, 'Back to the oldest'))).toEqual(ids(sorters[0]!));
    expect(textOf((await open(`${path}?q=asker7%40`)).html)).toContain('asker7@example.com (member) asked');
    expect(ids(await open(`${path}?q=asker7%40`)).length).toBe(2);
    const none = await open(`${path}?q=nobody`);
    expect(textOf(none.html)).toContain('No requests match.');
    expect(ids(await follow(none, 'Show everybody who waits'))).toEqual(ids(pages[0]!));
    for (const odd of ['q=%00', 'q=a&q=b', 'q=%25', 'after=x', 'after=1%20x'])
      expect([odd, (await open(`${path}?${odd}`)).status]).toEqual([odd, 200]);
    await server.query('DELETE FROM access_requests');
    const nobody = await open(path);
    expect(textOf(nobody.html)).toContain('Nobody is waiting for an answer.');
    expect(nobody.html).not.toContain('name="q"');
  });

  it('the usage of all tools and of all people, the most calls first; of tools without a name too', async () => {
    const { organizationId } = ann;
    await server.query(
      `WITH people AS (INSERT INTO users (email, name, password_hash, created_at)
          SELECT 'user' || n || '@example.com', 'User', 'x', $2 FROM generate_series(1, $3::integer) n RETURNING id)
       INSERT INTO usage_days (organization_id, kind, day, subject, calls, failures)
       SELECT $1::uuid, 'organization', ($2::timestamptz AT TIME ZONE 'UTC')::date, '', 1, 0
       UNION ALL
       SELECT $1, 'person', date_trunc('week', $2::timestamptz AT TIME ZONE 'UTC')::date, id::text, row_number() OVER () / 7 + 1, 0 FROM people
       UNION ALL
       SELECT $1, 'client', ($2::timestamptz AT TIME ZONE 'UTC')::date, CASE n WHEN 69 THEN '' ELSE 'Tool & ' || n END, n / 7 + 1, 0
         FROM generate_series(1, $3::integer) n`,
      [organizationId, server.clock.now(), MANY],
    );
    const path = `/organizations/${organizationId}/usage`;
    const names = (page: WebPage) => found(page, /<th scope="row"><bdi>([^<]+)<\/bdi>/g);
    const usage = await open(path);
    const shares = await server.query<{ kind: string; name: string }>(
      `SELECT d.kind, coalesce(u.email, nullif(replace(d.subject, '&', '&amp;'), ''), 'a tool without a name') AS name
         FROM usage_days d LEFT JOIN users u ON d.kind = 'person' AND u.id::text = d.subject
        WHERE d.kind IN ('person', 'client') ORDER BY d.calls DESC, d.subject`,
    );
    const wanted = (kind: string) => shares.filter((one) => one.kind === kind).map(({ name }) => name);
    expect(names(usage)).toEqual([...wanted('client').slice(0, 10), ...wanted('person').slice(0, 10)]);
    for (const [link, kind] of [
      ['All tools', 'client'],
      ['All people', 'person'],
    ] as const) {
      const pages = await through(await follow(usage, link), 'Those with fewer calls');
      expect(pages.map((page) => names(page).length)).toEqual([50, 50, 20]);
      expect(pages.flatMap(names)).toEqual(wanted(kind));
      expect(names(await follow(pages[1]!, 'Back to those with the most'))).toEqual(names(pages[0]!));
      expect(names(await follow(pages[1]!, 'Usage of all together'))).toEqual(names(usage));
    }
    for (const odd of [
      'after=x',
      'after=%00',
      'after=1%20%00',
      'after=1%20x&after=2%20y',
      'after=99999999999999999%20x',
    ])
      for (const whose of ['tools', 'people'])
        expect([odd, (await open(`${path}/${whose}?${odd}`)).status]).toEqual([odd, 200]);
    await server.query('DELETE FROM usage_days');
    const few = await open(`${path}/tools`);
    expect(textOf(few.html)).toContain('Nothing was called in the last 30 days.');
  });

  describe('where somebody is logged in', () => {
    /** Their addresses tell them apart. */
    const devices = (page: WebPage) => found(page, /<p>(?:Chrome|Firefox), \w+ · (10\.[\d.]+) ·/g);
    let newestFirst: string[];
    beforeAll(async () => {
      await server.query('DELETE FROM sessions');
      browser = await enter(server, ann);
      await server.query(
        `INSERT INTO sessions (id_hash, user_id, created_at, last_seen_at, expires_at, address, user_agent)
         SELECT sha256(n::text::bytea), $1, $2::timestamptz - (n / 7 + 1) * interval '1 minute', $2, $2::timestamptz + interval '1 day',
                '10.0.0.' || n, 'Firefox/1 Linux' FROM generate_series(1, $3::integer) n`,
        [ann.id, server.clock.now(), MANY],
      );
      const rows = await server.query<{ address: string }>(
        `SELECT address FROM sessions WHERE user_id = $1 AND address LIKE '10.%' ORDER BY created_at DESC, id_hash DESC`,
        [ann.id],
      );
      newestFirst = rows.map(({ address }) => address);
    });

    it('on one’s own page: this browser first on each page, the others once, newest first', async () => {
      const pages = await through(await open('/account'), 'More sessions');
      expect(pages.map((page) => devices(page).length)).toEqual([20, 20, 20, 20, 20, 20]);
      expect(pages.flatMap(devices)).toEqual(newestFirst);
      for (const page of pages) {
        const [first, ...others] = found(page, /<li class="item">\s*(<div class="stack tight"><p>[\s\S]*?)<\/li>/g);
        expect(textOf(first!)).toMatch(/127\.0\.0\.1 .* this browser$/);
        expect(others.filter((one) => one.includes('this browser'))).toEqual([]);
      }
      expect(devices(await follow(pages[5]!, 'Back to the newest'))).toEqual(newestFirst.slice(0, 20));
    });

    it('and the oldest of all can be logged out from the last page', async () => {
      const pages = await through(await open('/account'), 'More sessions');
      const last = pages.at(-1)!;
      const form = last.forms.findLast(({ action }) => action.endsWith('/end'))!;
      const csrf = form.fields.find(({ name }) => name === 'csrf')!.value;
      const done = await browser.post(new URL(form.action, server.origin).href, new URLSearchParams({ csrf }));
      expect(textOf(done.html)).toContain('That session is logged out.');
      const left = await server.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM sessions WHERE user_id = $1 AND address = $2',
        [ann.id, newestFirst.pop()],
      );
      expect(left[0]!.n).toBe(0);
    });

    it('beside it, what happened: each list is turned while the other stays', async () => {
      for (let n = 0; n < 25; n++)
        await server.query(
          `INSERT INTO audit_events (at, action, user_id, detail, address) VALUES ($1, 'user.renamed', $2, '{}', $3)`,
          [new Date(server.clock.now().getTime() - n * 60_000), ann.id, `192.0.2.${n}`],
        );
      const addresses = (page: WebPage) => found(page, /<td role="cell">(192\.0\.2\.\d+)<\/td>/g);
      const second = await follow(await open('/account'), 'More sessions');
      const pages = await through(second, 'Older');
      expect(pages.flatMap(addresses)).toEqual(Array.from({ length: 25 }, (_, n) => `192.0.2.${n}`));
      for (const page of pages) expect(devices(page)).toEqual(newestFirst.slice(20, 40));
      expect(addresses(await follow(pages[1]!, 'More sessions'))).toEqual(addresses(pages[1]!));
      for (const odd of ['sessions=x', 'sessions=1%201', 'sessions=%00', 'activity=x', 'sessions=1&sessions=2'])
        expect([odd, (await open(`/account?${odd}`)).status]).toEqual([odd, 200]);
    });

    it('and to which organizations somebody belongs, as operators see it', async () => {
      await server.query(
        `WITH made AS (INSERT INTO organizations (name, created_at)
            SELECT (ARRAY['Müller ', 'müller ', '뮐러 ', 'a b  '])[n % 4 + 1] || n / 8, $2 FROM generate_series(1, $3::integer) n RETURNING id)
         INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT $1, id, 'member', $2 FROM made`,
        [ann.id, server.clock.now(), MANY],
      );
      await server.query('UPDATE users SET operator = true WHERE id = $1', [ann.id]);
      const path = `/operator/people/${ann.id}`;
      const organizations = (page: WebPage) => found(page, /operator\/organizations\/([0-9a-f-]{36})"/g);
      const pages = await through(await open(path), 'More organizations');
      expect(pages.map((page) => organizations(page).length)).toEqual([50, 50, 21]);
      const rows = await server.query<{ id: string }>(
        `SELECT o.id FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = $1 ORDER BY lower(o.name), o.id`,
        [ann.id],
      );
      expect(pages.flatMap(organizations)).toEqual(rows.map(({ id }) => id));
      const sessions = await through(pages[1]!, 'More sessions');
      expect(sessions.flatMap(devices)).toEqual(newestFirst);
      for (const page of sessions) expect(organizations(page)).toEqual(organizations(pages[1]!));
      expect(organizations(await follow(sessions[1]!, 'Back to the first'))).toEqual(organizations(pages[0]!));
      for (const odd of ['organizations=x', 'organizations=%00%20x', 'sessions=1%20x'])
        expect([odd, (await open(`${path}?${odd}`)).status]).toEqual([odd, 200]);
    });
  });
});
