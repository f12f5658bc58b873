import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ORGANIZATION_ACTIONS, SERVER_ACTIONS } from '../../../src/console/audit-actions.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { eventually } from '../../support/eventually.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

type Line = Record<
  'id' | 'action' | 'person' | 'concerns' | 'address' | 'tool' | 'connection' | 'organization',
  string
>;

it('every act that is written down can be chosen, and has a name', () => {
  const sources = readdirSync('src/database/repositories')
    .map((file) => readFileSync(join('src/database/repositories', file), 'utf8'))
    .join('\n');
  const written = [
    ...sources.matchAll(
      /'((?:user|grant|member|organization|project|policy|client|resource|signing_key|authorization)\.[a-z_]+)'/g,
    ),
  ].map(([, action]) => action!);
  expect(written.length).toBeGreaterThan(30);
  const known: readonly string[] = [...ORGANIZATION_ACTIONS, ...SERVER_ACTIONS];
  expect([...new Set(written)].filter((action) => !known.includes(action))).toEqual([]);
});

describe.each(BOTH_DATABASES)('the filters of the log, on %s', (database) => {
  let server: TestServer;
  let owner: Person;
  let zoe: Person;
  let browser: HttpBrowser;
  let grant: string;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
    zoe = await addPerson(server.app, 'zoe@example.com', { into: owner.organizationId, role: 'member' });
    const other = await addPerson(server.app, 'other@example.com', { organization: 'Other' });
    const claude = await OAuthClient.register(server.origin, { client_name: 'Claude <b>Code' });
    await claude.connect(zoe);
    await (await OAuthClient.register(server.origin, { client_name: 'Cursor' })).connect(other);
    [{ id: grant } = { id: '' }] = await server.query<{ id: string }>('SELECT id FROM grants WHERE user_id = $1', [
      zoe.id,
    ]);
    browser = await logIn(owner);
    const end = `${server.origin}/console/organizations/${owner.organizationId}/connections/end?connection=${grant}`;
    const page = await browser.get(end);
    await browser.submit(page, page.forms.at(-1)!.buttons[0]!.label);
    await server.query(
      `INSERT INTO audit_events (at, action, user_id, organization_id, address, detail) VALUES
        ('2026-01-31T23:59:59.999999Z', 'project.renamed', $1, $2, '203.0.113.1', '{"before":"A","after":"B"}'),
        ('2026-02-01T00:00:00Z', 'project.renamed', $1, $2, '203.0.113.2', '{"before":"B","after":"C"}')`,
      [owner.id, owner.organizationId],
    );
  });
  afterAll(() => server?.close());

  const logIn = async ({ email, password }: Person) => {
    const own = new HttpBrowser();
    await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
    return own;
  };
  const own = () => `${server.origin}/console/organizations/${owner.organizationId}/audit`;
  const exported = async (query: string, base = own()) => {
    const response = await browser.get(`${base}/export?${query}`);
    expect(response.status).toBe(200);
    return response.html
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  };
  const actions = async (query: string) => (await exported(query)).map(({ action }) => action);

  it('find by tool, connection, address and day', async () => {
    expect(await actions('tool=CLAUDE')).toEqual(['grant.revoked', 'grant.approved']);
    expect(await actions('tool=cursor')).toEqual([]);
    expect(await actions(`connection=${grant}`)).toEqual(['grant.revoked', 'grant.approved']);
    expect(await actions('address=203.0.113.1')).toEqual(['project.renamed']);
    expect(await actions('from=2026-02-01&until=2026-02-01')).toEqual(['project.renamed']);
    expect((await exported('until=2026-01-31')).map(({ address }) => address)).toEqual(['203.0.113.1']);
    expect(await actions(`tool=claude&person=owner&action=grant.revoked`)).toEqual(['grant.revoked']);
  });

  it('find a person by what they did, and by what was done to them', async () => {
    const [ended] = await exported('action=grant.revoked');
    expect(ended).toMatchObject({ person: 'owner@example.com', concerns: 'zoe@example.com', address: '127.0.0.1' });
    expect(await actions('person=zoe&action=grant.revoked')).toEqual(['grant.revoked']);
    expect(await actions('person=OWNER&action=grant.revoked')).toEqual(['grant.revoked']);
  });

  it('are in the form, the link to what is older and the download', async () => {
    const page = await browser.get(`${own()}?person=owner&from=2026-01-01&tool=`);
    expect(page.html).toContain('value="2026-01-01"');
    expect(page.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&')).toContain(
      '/audit/export?person=owner&from=2026-01-01"',
    );
    // The sealer comes once a second.
    await eventually(async () =>
      expect(textOf((await browser.get(own())).html)).toMatch(/Everything up to .* is sealed/),
    );
  });

  it('come page by page without losing or repeating what happened at one moment', async () => {
    await server.query(
      `INSERT INTO audit_events (at, action, organization_id, detail)
       SELECT '2026-03-01T00:00:00.000001Z', 'policy.changed', $1, jsonb_build_object('n', n) FROM generate_series(1, 1234) n`,
      [owner.organizationId],
    );
    expect(new Set((await exported('action=policy.changed')).map(({ id }) => id)).size).toBe(1234);
    const seen: string[] = [];
    let address: string | undefined = `${own()}?action=policy.changed`;
    while (address) {
      const { html } = await browser.get(address);
      seen.push(...[...html.matchAll(/<dt>n<\/dt><dd><bdi>(\d+)/g)].map(([, n]) => n!));
      const more: string | undefined = /href="(\/console\/organizations[^"]+before[^"]+)"/.exec(
        html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'),
      )?.[1];
      address = more && server.origin + more;
    }
    expect(seen).toEqual(Array.from({ length: 1234 }, (_, index) => String(1234 - index)));
  });

  it('X8 every event is one line, whatever it holds', async () => {
    await server.query(
      `INSERT INTO audit_events (at, action, organization_id, address, detail) VALUES ('2026-04-01Z', 'project.created', $1, '127.0.0.1', $2)`,
      [owner.organizationId, JSON.stringify({ name: '=cmd|A1\r\n{"action":"forged"}\u001b[31m\u2028' })],
    );
    const { html } = await browser.get(`${own()}/export?from=2026-04-01&until=2026-04-01`);
    expect(html.split('\n')).toHaveLength(2);
    expect(html).not.toMatch(/[\r\u001b]/);
    expect(await actions('action=forged.forged')).toEqual([]);
  });

  it('O8 the log of the whole server is for operators', async () => {
    const base = `${server.origin}/console/operator/audit`;
    for (const rest of ['', '/export']) expect((await browser.get(base + rest)).status).toBe(404);
    await server.query('UPDATE users SET operator = true WHERE id = $1', [owner.id]);
    const all = await exported('', base);
    expect(new Set(all.map(({ organization }) => organization))).toEqual(new Set(['Acme', 'Other', null]));
    expect(all.map(({ action }) => action)).toContain('user.logged_in');
    expect((await browser.get(`${base}?tool=Cursor`)).html).toContain('Cursor');
    await server.query('UPDATE users SET operator = false WHERE id = $1', [owner.id]);
  });

  it('one sees one’s own activity, and not from where others acted', async () => {
    const page = await (await logIn(zoe)).get(`${server.origin}/console/account`);
    const rows = [...page.html.matchAll(/<tr role="row">(<td [\s\S]*?)<\/tr>/g)].map(([, row]) => textOf(row!));
    expect(rows).toContainEqual(expect.stringMatching(/ an administrator a connection ended – /));
    expect(rows).toContainEqual(expect.stringMatching(/ you logged in 127\.0\.0\.1/));
    expect(rows.join()).not.toContain('owner@');
  });
});
