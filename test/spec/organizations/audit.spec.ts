import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('the log of an organization, on %s', (database) => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
    member = await addPerson(server.app, 'zoe@example.com', { into: owner.organizationId, role: 'admin' });
    const other = await addPerson(server.app, 'other@example.com', { organization: 'Other' });
    const client = await OAuthClient.register(server.origin, { client_name: 'Claude <b>Code' });
    const tokens = await client.again().connect(member);
    await callMcp(server.origin, tokens.access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: 'Moon' },
    });
    await client.again().connect(owner);
    await client.again().connect(other);
    await client.again().authorize(owner, { decision: 'Deny' });
    await client.revoke(tokens.refresh_token);
    browser = await logIn(owner);
  });
  afterAll(() => server?.close());

  const logIn = async ({ email, password }: Person) => {
    const own = new HttpBrowser();
    await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
    return own;
  };
  const path = (rest = '') => `${server.origin}/console/organizations/${owner.organizationId}/audit${rest}`;
  const rows = async (query = '') => {
    const page = await browser.get(path(query));
    expect(page.status).toBe(200);
    return [...page.html.matchAll(/<tr role="row">(<td [\s\S]*?)<\/tr>/g)].map(([, row]) => textOf(row!));
  };

  it('says who did what, to what, newest first, and nothing of other organizations', async () => {
    const lines = await rows();
    expect(lines[0]).toMatch(/zoe@example\.com a connection ended 127\.0\.0\.1 Claude <b>Code · given up by the tool /);
    expect(lines[1]).toMatch(/owner@example\.com denied a tool 127\.0\.0\.1 Claude <b>Code /);
    expect(lines).toContainEqual(expect.stringMatching(/zoe@example\.com created a project 127\.0\.0\.1 .*Moon/));
    expect(lines.at(-1)).toMatch(/owner@example\.com created the organization/);
    expect(lines.join()).not.toContain('other@');
  });

  it('is filtered by what and by whom, in the address', async () => {
    expect(await rows('?action=project.created')).toEqual([expect.stringContaining('Moon')]);
    expect((await rows('?person=ZOE')).every((line) => line.includes('zoe@'))).toBe(true);
    expect(await rows('?action=member.removed')).toEqual([]);
    for (const odd of [
      '?action=x',
      '?before=x',
      '?before=-1.1',
      '?before=99999999999999999.999999999999999999',
      "?before=1.1'--",
      '?from=2026-99-99&until=x',
      '?from=2999-01-01',
      "?tool='--",
      '?tool=%00',
      '?connection=1',
      "?address=';DROP",
      '?address=a&address=b',
      '?person=%25',
      "?person='--",
      '?person=%00',
      '?action=a&action=b',
    ])
      expect([odd, (await browser.get(path(odd))).status]).toEqual([odd, 200]);
  });

  it('comes in pages and as one download, each line once', async () => {
    await server.query(
      `INSERT INTO audit_events (at, action, user_id, organization_id, detail)
       SELECT now(), 'project.renamed', $1, $2, jsonb_build_object('n', n) FROM generate_series(1, 2345) n`,
      [member.id, owner.organizationId],
    );
    const first = await rows('?action=project.renamed');
    expect(first).toHaveLength(100);
    const page = await browser.get(path('?action=project.renamed'));
    const more = /href="(\/console\/organizations[^"]+before[^"]+)"/.exec(
      page.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'),
    )![1]!;
    const second = [...(await browser.get(server.origin + more)).html.matchAll(/<dt>n<\/dt><dd><bdi>(\d+)/g)].map(
      ([, n]) => Number(n),
    );
    expect(second).toEqual(Array.from({ length: 100 }, (_, index) => 2245 - index));
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(path('/export?action=project.renamed'), { headers: { cookie } });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { detail: { n: number }; person: string });
    expect(lines.map(({ detail }) => detail.n)).toEqual(Array.from({ length: 2345 }, (_, index) => 2345 - index));
    expect(lines[0]!.person).toBe('zoe@example.com');
  });

  it('is for its owners and admins', async () => {
    const plain = await addPerson(server.app, 'plain@example.com', { into: owner.organizationId, role: 'member' });
    const stranger = await addPerson(server.app, 'stranger@example.com', { organization: 'Evil' });
    for (const person of [plain, stranger]) {
      const other = await logIn(person);
      for (const rest of ['', '/export']) expect((await other.get(path(rest))).status).toBe(404);
    }
    expect((await (await logIn(member)).get(path())).status).toBe(200);
    expect((await new HttpBrowser().get(path('/export'))).url).toContain('/console/login');
  });
});
