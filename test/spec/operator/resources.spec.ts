import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Resources } from '../../../src/resources/resources.service.js';
import { type HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { OAuthClient, postForm, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo } from '../../support/resource-servers.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

const FILES = 'https://files.example.com/mcp';
const READ = { scope: 'files:read', sentence: 'See your files' };

let server: TestServer;
let operator: Person;
let browser: HttpBrowser;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  operator = await addPerson(server.app, 'operator@example.com');
  await server.query('UPDATE users SET operator = true');
  browser = await enter(server, operator);
});
afterAll(() => server?.close());

const base = () => `${server.origin}/console/operator/resources`;
const declare = async (values: Record<string, string>) =>
  browser.submit(await browser.get(`${base()}/new`), 'Declare', { uri: FILES, name: 'Files', ...READ, ...values });
const credentialsOf = ({ html }: WebPage) =>
  [...html.matchAll(/<code class="code">([^<]+)<\/code>/g)].map(([, value]) => value!) as [string, string];
const idOf = async (uri = FILES) =>
  (await server.query<{ id: string }>('SELECT id FROM resources WHERE uri = $1', [uri]))[0]!.id;
const pageOf = async () => browser.get(`${base()}/${await idOf()}`);
const scopes = async () =>
  (await server.query<{ scopes: { name: string }[] }>('SELECT scopes FROM resources WHERE uri = $1', [FILES]))[0]!
    .scopes;
const audited = (action: string) =>
  server.query<{ by: string; detail: Record<string, unknown> }>(
    `SELECT detail->>'by' AS by, detail FROM audit_events WHERE action = $1 ORDER BY id DESC LIMIT 1`,
    [action],
  );
const introspect = ([id, secret]: [string, string], token: string) =>
  postForm(
    `${server.origin}/mcp/oauth/introspect`,
    { token },
    { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
  );
/** As a node knows it a second later. */
const known = () => server.app.get(Resources, { strict: false })['reload']();

describe('other servers, as operators declare them', () => {
  let credentials: [string, string];
  let tokens: Tokens;

  it('there are none at first, and this server itself needs no declaration', async () => {
    const page = textOf((await browser.get(base())).html);
    expect(page).toContain('There are none.');
    expect(page).toContain(server.config.resource);
    const refused = await declare({ uri: server.config.resource });
    expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('needs no declaration')]);
  });

  it.each([
    [{ uri: 'http://files.example.com/mcp' }, 'Give the URL of its MCP endpoint'],
    [{ uri: 'https://files.example.com/mcp?x=1' }, 'Give the URL of its MCP endpoint'],
    [{ uri: 'https://u:p@files.example.com/mcp' }, 'Give the URL of its MCP endpoint'],
    [{ uri: 'nonsense' }, 'Give the URL of its MCP endpoint'],
    [{ name: '\u202egnp' }, '1 to 100 visible characters'],
    [{ scope: 'two words' }, 'cannot be the name of a permission'],
    [{ scope: 'offline_access' }, 'cannot be the name of a permission'],
    [{ scope: 'openid' }, 'cannot be the name of a permission'],
    [{ sentence: '' }, 'Give it a sentence'],
    [{ sentence: 'x'.repeat(121) }, 'Give it a sentence'],
    [{ example: '\u200b' }, 'Give it a sentence'],
    [{ implies: 'other:scope' }, 'only permissions of the same server'],
  ])('%j is refused, with what was filled in kept', async (values, why) => {
    const page = await declare(values);
    expect([page.status, textOf(page.html)]).toEqual([400, expect.stringContaining(why)]);
    const kept = page.forms.at(-1)!.fields.find(({ name }) => name === 'name')!.value;
    expect(kept).toBe((values as { name?: string }).name ?? 'Files');
    expect(await server.query('SELECT 1 FROM resources')).toEqual([]);
  });

  it('one is declared: its secret is shown once, and its server asks about tokens with it', async () => {
    const page = await declare({ uri: 'HTTPS://Files.example.com:443/mcp/' });
    credentials = credentialsOf(page);
    expect(credentials[0]).toMatch(/^rs-/);
    expect(textOf((await pageOf()).html)).toContain(credentials[0]);
    for (const other of [await pageOf(), await browser.get(base())]) expect(other.html).not.toContain(credentials[1]);
    await known();
    tokens = await connectTo(FILES, await OAuthClient.register(server.origin), operator);
    expect((await introspect(credentials, tokens.access_token)).json).toMatchObject({ active: true });
    expect(await audited('resource.declared')).toMatchObject([{ by: operator.id }]);
    expect(textOf((await declare({})).html)).toContain('declared already');
  });

  it('gets permissions, changes one and loses one; connections stay, and tokens carry what is left', async () => {
    const add = async (values: Record<string, string>) =>
      browser.submit(await browser.get(`${base()}/${await idOf()}/scopes`), 'Save', values);
    const done = await add({
      scope: 'files:write',
      sentence: 'Change your files',
      example: 'overwrite one',
      changes: 'on',
      admins_only: 'on',
      implies: 'files:read',
    });
    expect(textOf(done.html)).toContain('The permission is saved.');
    expect((await scopes())[1]).toEqual({
      name: 'files:write',
      sentence: 'Change your files',
      example: 'overwrite one',
      kind: 'change',
      implies: ['files:read'],
      roles: ['owner', 'admin'],
    });
    expect((await add({ ...READ })).status).toBe(400);
    expect(await audited('resource.changed')).toMatchObject([
      {
        by: operator.id,
        detail: { before: { scopes: ['files:read'] }, after: { scopes: ['files:read', 'files:write'] } },
      },
    ]);

    const change = await browser.get(`${base()}/${await idOf()}/scopes?name=files:write`);
    await browser.submit(change, 'Save', { sentence: 'Change what you have', scope: 'another' });
    expect((await scopes())[1]).toMatchObject({
      name: 'files:write',
      sentence: 'Change what you have',
      kind: 'change',
    });

    await known();
    const both = await connectTo(FILES, await OAuthClient.register(server.origin), operator);
    expect(decodeJwt(both.access_token)['scope']).toContain('files:write');
    const remove = await browser.get(`${base()}/${await idOf()}/scopes/remove?name=files:read`);
    expect((await browser.submit(remove, 'Remove a permission', { confirm: 'files:write' })).status).toBe(400);
    expect(await scopes()).toHaveLength(2);
    await browser.submit(remove, 'Remove a permission', { confirm: 'files:read' });
    // What contained it contains it no more.
    expect(await scopes()).toMatchObject([{ name: 'files:write', implies: [] }]);
    const last = await browser.get(`${base()}/${await idOf()}/scopes/remove?name=files:write`);
    const refused = await browser.submit(last, 'Remove a permission', { confirm: 'files:write' });
    expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('one permission or more')]);
    for (const path of ['scopes?name=nonsense', 'scopes/remove?name=nonsense', 'scopes/remove', 'nonsense'])
      expect([path, (await browser.get(`${base()}/${await idOf()}/${path}`)).status]).toEqual([path, 404]);
  });

  it('of two operators who add one at once, neither loses the other’s', async () => {
    const form = await browser.get(`${base()}/${await idOf()}/scopes`);
    await Witness.of(server.config.databaseUrl).releaseTogether('SELECT 1 FROM resources FOR UPDATE', [], 2, () =>
      Promise.all(
        ['a', 'b'].map((name) => browser.submit(form, 'Save', { scope: `files:${name}`, sentence: `Do ${name}` })),
      ),
    );
    expect((await scopes()).map(({ name }) => name).toSorted()).toEqual(['files:a', 'files:b', 'files:write']);
  });

  it('gets another name', async () => {
    expect((await browser.submit(await pageOf(), 'Rename', { name: ' ' })).status).toBe(400);
    const page = await browser.submit(await pageOf(), 'Rename', { name: 'Papers & <b>more' });
    expect(textOf(page.html)).toContain('Papers & <b>more');
    expect(page.html).not.toContain('<b>more');
    await browser.submit(await pageOf(), 'Rename', { name: 'Files' });
  });

  it('gets a new secret, shown once; the old one is refused', async () => {
    const page = await browser.submit(
      await browser.get(`${base()}/${await idOf()}/rotate-secret`),
      'Replace its secret',
    );
    const renewed = credentialsOf(page);
    await known();
    expect((await introspect(credentials, tokens.access_token)).status).toBe(401);
    expect((await introspect(renewed, tokens.access_token)).status).toBe(200);
    expect((await pageOf()).html).not.toContain(renewed[1]);
    expect(await audited('resource.changed')).toMatchObject([{ by: operator.id, detail: { changed: ['secret'] } }]);
    credentials = renewed;
  });

  it('is removed by typing its name: the page says how many connections end, and they do', async () => {
    const confirm = await browser.get(`${base()}/${await idOf()}/remove`);
    expect(textOf(confirm.html)).toContain('2 connections end, on every server within two seconds.');
    const wrong = await browser.submit(confirm, 'Remove', { confirm: 'files' });
    expect([wrong.status, textOf(wrong.html)]).toEqual([400, expect.stringContaining('Nothing was changed')]);
    expect(await server.query('SELECT 1 FROM resources')).toHaveLength(1);
    const sid = decodeJwt(tokens.access_token)['sid'];
    const done = await browser.submit(confirm, 'Remove', { confirm: 'Files' });
    expect(textOf(done.html)).toMatch(/2 connections .*No server accepts their tokens after \d\d:\d\d:\d\d UTC/);
    expect(await server.query('SELECT revoked_because FROM grants WHERE id = $1', [sid])).toEqual([
      { revoked_because: 'resource_removed' },
    ]);
    const feed = await (await fetch(`${server.origin}/mcp/oauth/revocations`)).text();
    expect(JSON.stringify(decodeJwt(feed))).toContain(String(sid));
    expect(await audited('resource.removed')).toMatchObject([{ by: operator.id, detail: { connections: 2 } }]);
  });
});
