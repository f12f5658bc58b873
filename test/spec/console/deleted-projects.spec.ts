import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES, type DatabaseKind } from '../../support/databases.js';
import { type HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';
import { DAY, sweep } from '../../support/sweeping.js';
import { csrfOf, enter } from '../../support/walked.js';

let server: TestServer;
let ann: Person;
let browser: HttpBrowser;

async function open(database: DatabaseKind): Promise<void> {
  server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
  ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
  browser = await enter(server, ann);
}

const projects = (of = browser, query = '') => of.get(`${server.origin}/console/projects${query}`);
const post = async (path: string, fields: Record<string, string> = {}, of = browser) =>
  of.post(
    `${server.origin}/console/projects${path}`,
    new URLSearchParams({ csrf: await csrfOf(server, of), ...fields }),
  );
const idOf = async (name: string) =>
  (await server.query<{ id: string }>('SELECT id FROM projects WHERE name = $1', [name]))[0]!.id;
const create = async (name: string) => {
  await post('', { name });
  return idOf(name);
};
/** Made and deleted: its id. */
const deleted = async (name: string) => {
  const id = await create(name);
  expect((await post(`/${id}/delete`, { name })).status).toBe(200);
  return id;
};
const named = async (name: string) =>
  (await server.query<{ id: string }>('SELECT id FROM projects WHERE name = $1 ORDER BY id', [name])).map(
    ({ id }) => id,
  );
const restorations = async (id: string) =>
  server.query<{ user_id: string; detail: object }>(
    `SELECT user_id, detail FROM audit_events WHERE action = 'project.restored' AND detail->>'project' = $1`,
    [id],
  );
/** The names that can be restored, as the page shows them. */
const restorable = ({ html }: { html: string }) =>
  [...html.matchAll(/<h3><bdi>([^<]*)<\/bdi><\/h3>/g)].map(([, name]) => name);

describe.each(BOTH_DATABASES)('a project that was deleted, on %s', (database) => {
  beforeAll(() => open(database));
  afterAll(() => server?.close());

  it('is nowhere but among the deleted, with who did it; and comes back as it was', async () => {
    const { access_token } = await (await OAuthClient.register(server.origin)).connect(ann);
    const call = async (name: string, args: object) =>
      JSON.stringify((await callMcp(server.origin, access_token, 'tools/call', { name, arguments: args })).json);
    const id = await create('Atlas');
    const [before] = await server.query('SELECT * FROM projects WHERE id = $1', [id]);
    expect(restorable(await projects())).toEqual([]);
    expect(await call('delete_project', { project_id: id, confirm_name: 'Atlas' })).toMatch(
      /For 30 days an owner or admin can restore it in the console/,
    );
    const page = await projects();
    expect(restorable(page)).toEqual(['Atlas']);
    expect(textOf(page.html)).toMatch(/Atlas Deleted .* by ann@example\.com/);
    for (const [tool, args] of [
      ['get_project', { project_id: id }],
      ['rename_project', { project_id: id, name: 'X' }],
      ['delete_project', { project_id: id, confirm_name: 'Atlas' }],
    ] as const)
      expect(await call(tool, args)).toContain('There is no project with this id');
    expect(await call('list_projects', {})).not.toContain(id);
    expect((await projects(browser)).html).not.toContain(`/console/projects/${id}/delete`);
    for (const path of [`/${id}/delete`, `/${id}/rename`])
      expect((await post(path, { name: 'Atlas' })).status).toBe(404);

    const back = await browser.submit(page, 'Restore Atlas');
    expect(textOf(back.html)).toContain('The project is back.');
    expect(restorable(back)).toEqual([]);
    expect(await server.query('SELECT * FROM projects WHERE id = $1', [id])).toEqual([before]);
    expect(await call('get_project', { project_id: id })).toContain('Atlas');
    expect(await restorations(id)).toEqual([{ user_id: ann.id, detail: { project: id, name: 'Atlas' } }]);
    expect((await post(`/${id}/restore`)).status).toBe(404);
  });

  it('whose name was taken comes back by another, which the page asks for', async () => {
    const id = await deleted('Borealis');
    const other = await create('Borealis');
    const asked = await browser.submit(await projects(), 'Restore Borealis');
    expect(asked.status).toBe(409);
    expect(textOf(asked.html)).toContain('There is another project called Borealis by now.');
    expect(await named('Borealis')).toEqual([other]);
    const again = await browser.submit(asked, 'Restore', { name: ' Borealis ' });
    expect(again.status).toBe(409);
    const unreadable = await browser.submit(asked, 'Restore', { name: '\u202e' });
    expect([unreadable.status, textOf(unreadable.html)]).toEqual([400, expect.stringContaining('1 to 100 visible')]);
    expect(await restorations(id)).toEqual([]);
    const done = await browser.submit(again, 'Restore', { name: 'Borealis of old' });
    expect(textOf(done.html)).toContain('The project is back.');
    expect(await named('Borealis of old')).toEqual([id]);
    expect(await restorations(id)).toMatchObject([
      { detail: { project: id, before: 'Borealis', after: 'Borealis of old' } },
    ]);
    const log = await browser.get(
      `${server.origin}/console/organizations/${ann.organizationId}/audit?action=project.restored`,
    );
    expect(textOf(log.html)).toMatch(/restored a project .*Borealis of old/);
  });

  it('is restored by whoever may delete: an admin; not by a member, whose tools and pages show none of it', async () => {
    const id = await deleted('Ceres');
    const join = async (email: string, role: 'member' | 'admin') =>
      enter(server, await addPerson(server.app, email, { into: ann.organizationId, role }));
    const member = await join('member@example.com', 'member');
    expect((await projects(member)).html).not.toContain('Ceres');
    expect((await post(`/${id}/restore`, {}, member)).status).toBe(404);
    const other = await enter(server, await addPerson(server.app, 'other@example.com', { organization: 'Other' }));
    expect((await projects(other)).html).not.toContain('Ceres');
    expect((await post(`/${id}/restore`, {}, other)).status).toBe(404);
    expect(await named('Ceres')).toEqual([]);
    const admin = await join('admin@example.com', 'admin');
    expect(textOf((await admin.submit(await projects(admin), 'Restore Ceres')).html)).toContain('The project is back.');
    expect(await named('Ceres')).toEqual([id]);
  });

  it('deleted by somebody who has no account any more says so without a name', async () => {
    const leaver = await addPerson(server.app, 'leaver@example.com', { into: ann.organizationId, role: 'admin' });
    const id = await create('Dione');
    await post(`/${id}/delete`, { name: 'Dione' }, await enter(server, leaver));
    await server.query(`UPDATE users SET email = 'erased-' || id, password_hash = '' WHERE id = $1`, [leaver.id]);
    const text = textOf((await projects()).html);
    expect(text).toMatch(/Dione Deleted (?!.*by erased)/);
    expect(text).not.toContain('erased-');
  });

  it('many are listed in pages, the last deleted first, each once, beside pages of those there are', async () => {
    await server.query('DELETE FROM deleted_projects');
    await server.query('DELETE FROM projects');
    const [now, organization] = [server.clock.now(), ann.organizationId];
    await server.query(
      `INSERT INTO deleted_projects (id, organization_id, name, created_at, updated_at, deleted_at, deleted_by)
       SELECT gen_random_uuid(), $1, 'Gone ' || n, $2, $2, $2::timestamptz - (n / 7) * interval '1 minute', $3 FROM generate_series(0, 119) n`,
      [organization, now, ann.id],
    );
    await server.query(
      `INSERT INTO projects (organization_id, name, created_at, updated_at) SELECT $1, 'There ' || n, $2, $2 FROM generate_series(1, 60) n`,
      [organization, now],
    );
    const follow = async (page: { html: string }, link: string) => {
      const href = new RegExp(`href="([^"]*)">${link}<`).exec(page.html)?.[1];
      return href && browser.get(server.origin + href.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
    };
    const there = ({ html }: { html: string }) =>
      [...html.matchAll(/<h2><bdi>(There \d+)<\/bdi>/g)].map(([, name]) => name);
    const first = await projects();
    const second = (await follow(first, 'More deleted projects')) as typeof first;
    const third = (await follow(second, 'More deleted projects')) as typeof first;
    const gone = [first, second, third].map(restorable);
    expect(gone.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(new Set(gone.flat()).size).toBe(120);
    expect(new Set(gone[0]!.slice(0, 7))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6].map((n) => `Gone ${n}`)));
    expect(await follow(third, 'More deleted projects')).toBeUndefined();
    expect(there(third)).toEqual(there(first));
    const both = (await follow(third, 'More projects')) as typeof first;
    expect([there(both).length, restorable(both)]).toEqual([10, gone[2]]);
    expect(new Set([...there(first), ...there(both)]).size).toBe(60);
    expect(there((await follow(both, 'Back to the first')) as typeof first)).toEqual(there(first));
    for (const query of ['?after=x', '?deleted=x', '?deleted=0', '?after=a&after=b'])
      expect([query, (await projects(browser, query)).status]).toEqual([query, 200]);
  });

  it('a page is followed by the next when what it ended with was deleted meanwhile', async () => {
    const { access_token } = await (await OAuthClient.register(server.origin)).connect(ann);
    const list = async (args: object) => {
      const { json } = await callMcp(server.origin, access_token, 'tools/call', {
        name: 'list_projects',
        arguments: args,
      });
      return (json as { result: { structuredContent: Record<string, unknown>; isError?: boolean } }).result;
    };
    const { projects: page, next_cursor: cursor } = (await list({})).structuredContent;
    const { id, name } = (page as { id: string; name: string }[]).at(-1)!;
    await post(`/${id}/delete`, { name });
    expect((await list({ cursor })).structuredContent['projects']).toHaveLength(10);
    for (const odd of [id, '0.0', 'x', `${cursor as string}.1`])
      expect((await list({ cursor: odd })).isError).toBe(true);
  });

  it('is swept after thirty days, and not restored a moment later even when it is still there', async () => {
    const [early, late] = [await deleted('Europa'), await deleted('Fornax')];
    const back = async (id: string, seconds: number) =>
      server.query('UPDATE deleted_projects SET deleted_at = $2 WHERE id = $1', [
        id,
        new Date(server.clock.now().getTime() - seconds * 1000),
      ]);
    await back(early, 30 * DAY);
    await back(late, 29 * DAY);
    expect(restorable(await projects())).not.toContain('Europa');
    expect((await post(`/${early}/restore`)).status).toBe(404);
    await sweep(server);
    const left = await server.query<{ id: string }>('SELECT id FROM deleted_projects WHERE id = ANY ($1)', [
      [early, late],
    ]);
    expect(left).toEqual([{ id: late }]);
    browser = await enter(server, ann);
    expect((await post(`/${late}/restore`)).status).toBe(200);
    expect(await named('Fornax')).toEqual([late]);
  });
});

describe('restoring, several at once', () => {
  let witness: Witness;
  beforeAll(async () => {
    await open('postgres');
    witness = Witness.of(server.config.databaseUrl);
  });
  afterAll(() => server?.close());

  const LOCK = 'SELECT 1 FROM deleted_projects WHERE id = $1 FOR UPDATE';
  /** Knows its token already. */
  const restoring = async () => {
    const csrf = await csrfOf(server, browser);
    return (id: string) =>
      browser.post(`${server.origin}/console/projects/${id}/restore`, new URLSearchParams({ csrf }));
  };

  it('of one project: one does, the others find nothing, and the log has it once', async () => {
    const id = await deleted('Ganymede');
    const restore = await restoring();
    const pages = await witness.releaseTogether(LOCK, [id], 4, () =>
      Promise.all(Array.from({ length: 4 }, () => restore(id))),
    );
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404]);
    expect(await named('Ganymede')).toEqual([id]);
    expect(await restorations(id)).toHaveLength(1);
  });

  it('of two that had one name: one does, the other is asked for another name', async () => {
    const [one, two] = [await deleted('Halley'), await deleted('Halley')];
    const restore = await restoring();
    // Where each would stand that had looked at the names already: what it makes refers to the organization.
    const lock = 'SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE';
    const pages = await witness.releaseTogether(lock, [ann.organizationId], 2, () =>
      Promise.all([restore(one), restore(two)]),
    );
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(await named('Halley')).toHaveLength(1);
  });

  it('while another takes its name: nobody waits for it, and it is asked for another name', async () => {
    const id = await deleted('Io');
    const restore = await restoring();
    const held = await witness.whileHeld(LOCK, [id], async () => {
      const pending = restore(id);
      await witness.untilWaiting(1);
      return { pending, other: await create('Io') };
    });
    const page = await held.pending;
    expect(page.status).toBe(409);
    expect(await named('Io')).toEqual([held.other]);
    expect(await server.query('SELECT 1 FROM deleted_projects WHERE id = $1', [id])).toHaveLength(1);
  });

  it('while it is swept: one of both has it', async () => {
    const id = await deleted('Juno');
    const restore = await restoring();
    const page = await witness.whileHeld(LOCK, [id], async () => {
      const pending = restore(id);
      await witness.untilWaiting(1);
      await sweep(server);
      return { pending };
    });
    expect((await page.pending).status).toBe(200);
    expect(await named('Juno')).toEqual([id]);
    expect(await server.query('SELECT 1 FROM deleted_projects WHERE id = $1', [id])).toEqual([]);
  });
});
