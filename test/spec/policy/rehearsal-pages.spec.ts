import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { type HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

/** Connections of each of two people: so many end, and as many change. */
const EACH = 230;

describe.each(BOTH_DATABASES)('a rehearsal of many connections, on %s', (database) => {
  let server: TestServer;
  let owner: Person;
  let browser: HttpBrowser;
  let clientId: string;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
    const member = await addPerson(server.app, 'member@example.com', { into: owner.organizationId, role: 'member' });
    browser = await enter(server, owner);
    await (await OAuthClient.register(server.origin)).connect(owner);
    [{ id: clientId } = { id: '' }] = await server.query<{ id: string }>('SELECT id FROM clients');
    await server.query('DELETE FROM grants');
    for (const person of [owner, member]) await connect(person);
  });
  afterAll(() => server?.close());

  const connect = ({ id }: Person, count = EACH) =>
    server.query(
      `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash,
                           code_challenge, redirect_uri, code_expires_at, code_used_at, expires_at, generation, secret_hash)
       SELECT gen_random_uuid(), $1, $2, $3, $4, '{organization:read,projects:read}', true, $6::timestamptz, sha256(gen_random_uuid()::text::bytea), 'c',
              'http://127.0.0.1:' || (20000 + n) || '/cb', $6, $6, $6::timestamptz + interval '1 day', 1, '\\x00'
         FROM generate_series(1, $5::integer) n`,
      [id, owner.organizationId, clientId, `${server.origin}/mcp`, count, server.clock.now()],
    );
  const address = () => `${server.origin}/console/organizations/${owner.organizationId}/policy`;
  const rehearse = async (fields: Record<string, string>) =>
    browser.submit(await browser.get(address()), 'See what it would do', { tool: '*', ...fields });
  const linkOf = ({ html }: WebPage, name: string) =>
    new RegExp(`href="([^"]*)">${name}<`).exec(html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'))?.[1];
  const follow = async (page: WebPage, name: string) => browser.get(server.origin + linkOf(page, name)!);
  /** How many lines of each kind the page has. */
  const lines = ({ html }: WebPage, kind: 'ended' | 'changed') => {
    const section = html.split(`aria-labelledby="${kind}"`)[1]?.split('</section>')[0] ?? '';
    return section.split('<li class="item">').length - 1;
  };

  it('names each of those that end once, in pages, and is saved from any of them', async () => {
    const page = await rehearse({ people: 'member', verdict: 'deny' });
    expect(textOf(page.html)).toContain(`${EACH} connections end`);
    const pages = [page];
    for (let at = page; linkOf(at, 'More that end'); pages.push(at)) at = await follow(at, 'More that end');
    expect(pages.map((one) => lines(one, 'ended'))).toEqual([100, 100, 30]);
    for (const one of pages) expect(textOf(one.html)).toContain(`${EACH} connections end`);
    const last = pages.at(-1)!;
    expect(lines(await browser.get(last.url), 'ended')).toBe(30);
    expect(lines(await follow(last, 'Back to the first'), 'ended')).toBe(100);
    const shown = await server.query<{ id: string }>(
      `SELECT g.id FROM grants g JOIN users u ON u.id = g.user_id WHERE u.email = 'member@example.com' ORDER BY g.id`,
    );
    const ends = pages.slice(0, -1).map((one) => new URL(server.origin + linkOf(one, 'More that end')!).searchParams);
    expect(ends.map((query) => query.get('ended'))).toEqual(
      [99, 199].map((index) => `member@example.com ${shown[index]!.id}`),
    );

    // Nothing is done before it is saved; what the page before ended with may be gone by then.
    expect(await server.query('SELECT 1 FROM policy_rules')).toEqual([]);
    await server.query('UPDATE grants SET revoked_at = $2 WHERE id = $1', [shown[99]!.id, server.clock.now()]);
    expect(lines(await follow(page, 'More that end'), 'ended')).toBe(100);
    const saved = await browser.submit(last, 'Save');
    expect(textOf(saved.html)).toContain('The rule is saved.');
    const live = await server.query<{ email: string; n: number }>(
      'SELECT u.email, count(*)::int AS n FROM grants g JOIN users u ON u.id = g.user_id WHERE g.revoked_at IS NULL GROUP BY 1',
    );
    expect(live).toEqual([{ email: 'owner@example.com', n: EACH }]);
    const stale = await browser.get(last.url);
    expect([stale.status, textOf(stale.html)]).toEqual([400, expect.stringContaining('See what it would do')]);
  });

  it('pages those that change by themselves, the others stay where they are', async () => {
    await server.query('DELETE FROM policy_rules');
    const admin = await addPerson(server.app, 'zoe@example.com', { into: owner.organizationId, role: 'admin' });
    await connect(admin, 150);
    const page = await rehearse({ people: 'everybody', verdict: 'allow', scope: 'organization:read' });
    expect(lines(page, 'changed')).toBe(100);
    let at = page;
    const counts = [100];
    while (linkOf(at, 'More that change')) counts.push(lines((at = await follow(at, 'More that change')), 'changed'));
    expect(counts).toEqual([100, 100, 100, 80]);
    expect(at.html).toContain('zoe@example.com');
    expect(at.html).not.toContain('owner@example.com</p>');
    for (const odd of ['x', 'a b', '', `zoe@example.com ${'0'.repeat(36)}`])
      expect(
        lines(
          await browser.get(`${page.url}?${new URLSearchParams({ change: changeOf(page), changed: odd })}`),
          'changed',
        ),
      ).toBe(100);
  });

  const changeOf = ({ forms }: WebPage) =>
    forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'change')!.value;

  it('W1 is of its session and organization alone, and of nobody who may not decide', async () => {
    const page = await rehearse({ people: 'member', verdict: 'deny' });
    const query = `rehearsal?${new URLSearchParams({ change: changeOf(page) })}`;
    expect(lines(await browser.get(`${address()}/${query}`), 'ended')).toBe(0);
    expect((await browser.get(`${address()}/${query}`)).status).toBe(200);
    const again = await enter(server, owner);
    expect((await again.get(`${address()}/${query}`)).status).toBe(400);
    const other = await addPerson(server.app, 'other@example.com', { organization: 'Other' });
    const foreign = await enter(server, other);
    const theirs = `${server.origin}/console/organizations/${other.organizationId}/policy`;
    expect((await foreign.get(`${theirs}/${query}`)).status).toBe(400);
    expect((await foreign.get(`${address()}/${query}`)).status).toBe(404);
    for (const change of ['', 'x', `${changeOf(page)}A`])
      expect((await browser.get(`${address()}/rehearsal?${new URLSearchParams({ change })}`)).status).toBe(400);
  });
});
