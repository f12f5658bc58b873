import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
});
