import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConnectionUsage } from '../../../src/database/repositories/connection-usage.repository.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';

const DAY = 86_400;
const LIFETIME = { REFRESH_TOKEN_LIFETIME: String(90 * DAY), SESSION_LIFETIME: String(90 * DAY) };
const TAKE_WRITING = 'Take away Create, rename and delete projects';

let server: TestServer;
let owner: Person;
let member: Person;
let stranger: Person;
let browser: HttpBrowser;
let client: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off', ...LIFETIME } });
  owner = await addPerson(server.app, 'owner@example.com');
  member = await addPerson(server.app, 'zoe@example.com', { into: owner.organizationId, role: 'admin' });
  stranger = await addPerson(server.app, 'stranger@example.com', { organization: 'Evil' });
  client = await OAuthClient.register(server.origin, { client_name: 'Claude Code' });
  browser = await logIn(owner);
});
afterAll(() => server?.close());

async function logIn({ email, password }: Person): Promise<HttpBrowser> {
  const own = new HttpBrowser();
  await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
  return own;
}
const sidOf = ({ access_token }: Tokens) =>
  (JSON.parse(Buffer.from(access_token.split('.')[1]!, 'base64url').toString()) as { sid: string }).sid;
const ofOrganization = (id: string, organizationId = owner.organizationId) =>
  `${server.origin}/console/organizations/${organizationId}/connections/${id}`;
const list = (query = '') => `${server.origin}/console/organizations/${owner.organizationId}/connections${query}`;
const own = (id: string) => `${server.origin}/console/connections/${id}`;
const hours = (id: string, values: string) =>
  server.query(
    `INSERT INTO connection_hours (grant_id, organization_id, hour, calls, failures, scopes, tools) SELECT $1::uuid, $2::uuid, v.* FROM (VALUES ${values}) AS v`,
    [id, owner.organizationId],
  );
const refreshed = async (tokens: Tokens, scope?: string) =>
  (await client.refresh(tokens.refresh_token, { scope })).json as unknown as Tokens;
const buttons = ({ forms }: WebPage) => forms.flatMap((form) => form.buttons.map(({ label }) => label));

describe('the page of one connection', () => {
  it('tells who, where from, how much, day by day in a picture and in a table', async () => {
    const tokens = await client.again().connect(member);
    const id = sidOf(tokens);
    const today = new Date().toISOString().slice(0, 10);
    await hours(
      id,
      `(date_trunc('hour', now()), 7, 2, '{}'::text[], '{}'::jsonb), (now() - interval '31 days', 1000, 0, '{}', '{}')`,
    );
    for (const page of [await browser.get(ofOrganization(id)), await (await logIn(member)).get(own(id))]) {
      const text = textOf(page.html);
      expect(text).toContain('Connection: Claude Code');
      expect(text).toContain('zoe@example.com');
      expect(text).toMatch(/Connected from 127\.0\.0\.1 Last seen at 127\.0\.0\.1/);
      expect(text).toContain('7 calls in 30 days · 2 failed');
      expect(text).toContain(`${today} 7 2`);
      expect(page.html).toMatch(/<svg[^>]+role="img"[^>]+aria-label="Calls of each of the last 30 days: 7 calls/);
    }
    const listed = textOf((await browser.get(list())).html);
    expect(listed).toContain('7 calls in 30 days');
  });

  it('is nobody else’s: strangers, other organizations, ids that are none', async () => {
    const id = sidOf(await client.again().connect(member));
    const evil = await logIn(stranger);
    for (const url of [ofOrganization(id), ofOrganization(id, stranger.organizationId), own(id)])
      expect([url, (await evil.get(url)).status]).toEqual([url, 404]);
    expect((await browser.get(own(id))).status).toBe(404);
    expect((await browser.get(ofOrganization('nonsense'))).status).toBe(404);
    const csrf = (await evil.get(`${server.origin}/console`)).forms[0]!.fields.find(
      ({ name }) => name === 'csrf',
    )!.value;
    for (const url of [ofOrganization(id), ofOrganization(id, stranger.organizationId), own(id)]) {
      const { status } = await evil.post(`${url}/narrow`, new URLSearchParams({ csrf, scope: 'projects:write' }));
      expect([url, status]).toEqual([url, 404]);
    }
    expect(await server.query('SELECT withdrawn FROM grants WHERE id = $1', [id])).toEqual([{ withdrawn: null }]);
  });

  it('says that it ended, and why; then nothing can be taken away or ended', async () => {
    const tokens = await client.again().connect(member);
    const id = sidOf(tokens);
    const before = await browser.get(ofOrganization(id));
    await client.revoke(tokens.refresh_token);
    const page = await browser.get(ofOrganization(id));
    expect(textOf(page.html)).toContain('This connection has ended: given up by the tool');
    expect(buttons(page)).not.toContain(TAKE_WRITING);
    expect((await browser.submit(before, TAKE_WRITING)).status).toBe(404);
  });
});

describe('taking a permission away', () => {
  it('shrinks what the next token carries, once, by whom is in the log; a new connection has it again', async () => {
    const tokens = await client.again().connect(member);
    const id = sidOf(tokens);
    const before = await browser.get(ofOrganization(id));
    expect(buttons(before).filter((label) => label.startsWith('Take away'))).toEqual([TAKE_WRITING]);
    const page = await browser.submit(before, TAKE_WRITING);
    expect(textOf(page.html)).toContain('The permission is taken away.');
    expect(textOf(page.html)).toContain('Taken away: Create, rename and delete projects');
    expect((await browser.submit(before, TAKE_WRITING)).status).toBe(404);
    const next = await refreshed(tokens);
    expect(next.scope).toBe('organization:read projects:read');
    const call = { name: 'create_project', arguments: { name: 'P' } };
    expect((await callMcp(server.origin, next.access_token, 'tools/call', call)).status).toBe(403);
    const events = await server.query(`SELECT user_id, detail FROM audit_events WHERE action = 'grant.narrowed'`);
    expect(events).toEqual([
      {
        user_id: member.id,
        detail: {
          before: expect.arrayContaining(['projects:write']),
          after: expect.not.arrayContaining(['projects:write']),
          by: owner.id,
        },
      },
    ]);
    expect((await client.again().connect(member)).scope).toContain('projects:write');
  });

  it('is no end for a tool that names at each refresh what was once approved; what never was is still refused', async () => {
    const tokens = await client.again().connect(owner);
    await browser.submit(await browser.get(own(sidOf(tokens))), TAKE_WRITING);
    const next = await refreshed(tokens, 'organization:read projects:read projects:write');
    expect(next.scope).toBe('organization:read projects:read');
    expect((await client.refresh(next.refresh_token, { scope: 'projects:everything' })).json).toMatchObject({
      error: 'invalid_scope',
    });
  });

  it('takes away what contains it, and never reading', async () => {
    await declareResource(server);
    const tokens = await connectTo(FILES, client.again(), owner);
    const id = sidOf(tokens);
    const page = await browser.get(own(id));
    expect(buttons(page)).toContain('Take away Change your files');
    await browser.submit(page, 'Take away Change your files');
    const [grant] = await server.query<{ scopes: string[]; withdrawn: string[] }>(
      'SELECT scopes, withdrawn FROM grants WHERE id = $1',
      [id],
    );
    expect(grant).toEqual({ scopes: ['files:read'], withdrawn: ['files:write', 'files:share'] });
    const csrf = page.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
    for (const scope of ['files:read', 'offline_access', 'projects:write', '', '__proto__', 'x'.repeat(9_000)])
      expect([scope, (await browser.post(`${own(id)}/narrow`, new URLSearchParams({ csrf, scope }))).status]).toEqual([
        scope,
        404,
      ]);
  });
});

describe('in time', () => {
  it('what was not used is said to be so, once there was time to see; and what makes no call is dormant', async () => {
    const unused = await client.again().connect(owner);
    const writes = await client.again().connect(owner);
    const dormant = (query = '?dormant=on') => browser.get(list(query));
    await hours(sidOf(writes), `(now() - interval '1 hour', 1, 0, '{projects:write}'::text[], '{}'::jsonb)`);
    const isUnused = async (tokens: Tokens) =>
      textOf((await browser.get(own(sidOf(tokens)))).html).includes('delete projects not used');
    expect([await isUnused(unused), await isUnused(writes)]).toEqual([false, false]);
    server.clock.advance(15 * DAY);
    browser = await logIn(owner);
    expect([await isUnused(unused), await isUnused(writes)]).toEqual([true, false]);
    expect(textOf((await dormant()).html)).toContain('No connections match.');
    server.clock.advance(16 * DAY);
    browser = await logIn(owner);
    // It is renewed, but makes no call.
    await refreshed(unused);
    expect(textOf((await dormant()).html)).toContain('dormant');
    expect(textOf((await dormant(`?dormant=on&person=${stranger.id}`)).html)).toContain('No connections match.');
    expect(textOf((await browser.get(own(sidOf(unused)))).html)).toContain('Dormant: it has made no call for 30 days.');
    server.clock.advance(45 * DAY);
    browser = await logIn(owner);
    expect(await isUnused(writes)).toBe(true);
  });
});

describe('a list of connections', () => {
  const NARROW = 'Take away what Sorter does not use';
  /** Of each connection of a list, how many of its permissions it calls unused. */
  const told = ({ html }: WebPage) =>
    new Map(
      [...html.matchAll(/<li class="item">[\s\S]*?connections\/([0-9a-f-]{36})[\s\S]*?<\/li>/g)].map(([row, id]) => [
        id!,
        Number(/(\d+) permissions? not used/.exec(row)?.[1] ?? 0),
      ]),
    );
  const sorter = async (person: Person) =>
    sidOf(await (await OAuthClient.register(server.origin, { client_name: 'Sorter' })).connect(person));
  let idle: string;
  let busy: string;
  beforeAll(async () => {
    [idle, busy] = [await sorter(member), await sorter(member)];
    server.clock.advance(15 * DAY);
    const hour = new Date(server.clock.now().getTime() - 3_600_000).toISOString();
    await hours(busy, `('${hour}'::timestamptz, 1, 0, '{projects:write}'::text[], '{}'::jsonb)`);
    browser = await logIn(owner);
  });

  it('says of each what its own page says, to administrators and to its person; nothing of other servers’', async () => {
    const elsewhere = sidOf(await connectTo(FILES, client.again(), member));
    // A permission of another server may be called like one of ours.
    await server.query(`UPDATE grants SET scopes = scopes || '{projects:write}' WHERE id = $1`, [elsewhere]);
    server.clock.advance(15 * DAY);
    browser = await logIn(owner);
    const person = await logIn(member);
    for (const [reader, listed, one] of [
      [browser, list('?sort=used'), ofOrganization],
      [person, `${server.origin}/console/connections`, own],
    ] as const) {
      const found = told(await reader.get(listed));
      expect([idle, busy, elsewhere].map((id) => found.get(id))).toEqual([1, 0, 0]);
      for (const [id, count] of found) {
        const page = await reader.get(one(id));
        expect([id, page.html.match(/<span class="badge doubtful">not used/g)?.length ?? 0]).toEqual([id, count]);
      }
    }
  });

  it('takes it away with one click, and comes back to the same place of the same list', async () => {
    const id = await sorter(member);
    server.clock.advance(15 * DAY);
    browser = await logIn(owner);
    const query = `q=sorter&grade=self-asserted&sort=person&dormant=on&person=${member.id}&after=a+${stranger.id}`;
    const before = await browser.get(list(`?${query}`));
    expect(told(before).get(idle)).toBe(1);
    const of = ({ forms }: WebPage, one: string) => {
      const form = forms.find(({ action }) => action.includes(one))!;
      return {
        url: new URL(form.action, server.origin).href,
        labels: form.buttons.map(({ label }) => label),
        fields: new URLSearchParams(form.fields.map(({ name, value }): [string, string] => [name, value])),
      };
    };
    const { url, labels, fields } = of(before, idle);
    expect(labels).toEqual([NARROW]);
    const done = await browser.post(url, fields);
    const place = new URL(done.url);
    expect(place.pathname).toBe(new URL(list()).pathname);
    expect(Object.fromEntries(place.searchParams)).toEqual({
      ...Object.fromEntries(new URLSearchParams(query)),
      done: 'narrowed',
    });
    expect(textOf(done.html)).toContain('The permission is taken away.');
    expect([told(done).get(idle), told(await browser.get(list())).get(id)]).toEqual([0, 1]);
    const events = await server.query(
      `SELECT detail->>'by' AS by FROM audit_events WHERE action = 'grant.narrowed' AND grant_id = $1`,
      [idle],
    );
    expect(events).toEqual([{ by: owner.id }]);
    expect((await browser.post(url, fields)).status).toBe(404);
    // Its person, from the own list.
    const person = await logIn(member);
    const mine = await person.get(`${server.origin}/console/connections?q=sorter`);
    const again = of(mine, id);
    const back = await person.post(again.url, again.fields);
    expect(`${new URL(back.url).pathname}${new URL(back.url).search}`).toBe(
      '/console/connections?q=sorter&done=narrowed',
    );
    expect(told(back).get(id)).toBe(0);
  });

  it('leads nowhere else, whatever the form says; and asks for proof that it was sent from a page', async () => {
    const [one, other] = [await sorter(owner), await sorter(owner)];
    const csrf = (await browser.get(list())).forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
    const narrow = (id: string, body: Record<string, string>) =>
      browser.post(`${ofOrganization(id)}/narrow`, new URLSearchParams({ scope: 'projects:write', ...body }));
    expect((await narrow(one, { list: '' })).status).toBe(403);
    const odd = 'sort=x&grade=<b>&after=x&tool=1&person=//evil.example&done=x&ended=1&by=1&x=\r\nSet-Cookie: a=b';
    const { url, status } = await narrow(one, { csrf, list: odd });
    expect([status, new URL(url).origin]).toEqual([200, server.origin]);
    expect(new URL(url).search).toBe('?q=&grade=&sort=newest&done=narrowed');
    const evil = await logIn(stranger);
    const proof = (await evil.get(`${server.origin}/console`)).forms[0]!.fields.find(({ name }) => name === 'csrf')!;
    for (const at of [ofOrganization(other), ofOrganization(other, stranger.organizationId)]) {
      const body = new URLSearchParams({ csrf: proof.value, scope: 'projects:write', list: '' });
      expect([at, (await evil.post(`${at}/narrow`, body)).status]).toEqual([at, 404]);
    }
    expect(await server.query('SELECT withdrawn FROM grants WHERE id = $1', [other])).toEqual([{ withdrawn: null }]);
  });
});

describe('the usage of an organization', () => {
  it('is told by day, tool, person and MCP tool; to administrators of it alone', async () => {
    const fresh = await addPerson(server.app, 'fresh@example.com', { organization: 'Fresh' });
    const url = `${server.origin}/console/organizations/${fresh.organizationId}/usage`;
    const reader = await logIn(fresh);
    expect(textOf((await reader.get(url)).html)).toContain('Nothing was called in the last 30 days.');
    const id = sidOf(await client.again().connect(fresh));
    const used = (usedAt: Date, calls: number, failures: number, tools: Record<string, number>) => ({
      grantId: id,
      organizationId: fresh.organizationId,
      hour: usedAt,
      calls,
      failures,
      scopes: [],
      tools,
      usedAt,
      address: '',
    });
    const [now, before] = [server.clock.now(), new Date(server.clock.now().getTime() - 2 * DAY * 1000)];
    const usage = server.app.get(ConnectionUsage, { strict: false });
    await usage.add([used(now, 5, 1, { whoami: 4 }), used(before, 2, 0, { whoami: 1 })]);
    await usage.add([used(before, 1, 0, { list_projects: 2 })]);
    const page = await reader.get(url);
    const text = textOf(page.html);
    expect(text).toContain('8 calls in 30 days · 1 failed');
    expect(text).toContain('Claude Code 8 1');
    expect(text).toContain('fresh@example.com 8 1');
    expect(text).toContain('whoami 5 list_projects 2');
    expect((await (await logIn(stranger)).get(url)).status).toBe(404);
    const mere = await addPerson(server.app, 'mere@example.com', { into: fresh.organizationId, role: 'member' });
    expect((await (await logIn(mere)).get(url)).status).toBe(404);
  });
});
