import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('the console, on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database });
    ann = await addPerson(server.app, 'ann@example.com');
    browser = await logIn(ann);
  });
  afterAll(() => server?.close());

  const logIn = async (person: Person) => {
    const in_ = new HttpBrowser();
    await in_.submit(await in_.get(`${server.origin}/console/login`), 'Log in', {
      email: person.email,
      password: PASSWORD,
    });
    return in_;
  };
  const open = (path: string, of = browser) => of.get(`${server.origin}/console${path}`);

  it('shows how to connect each tool, with this server’s address filled in', async () => {
    const { html } = await open('');
    const text = textOf(html);
    for (const tool of ['Claude Code', 'Cursor', 'VS Code']) expect(text).toContain(tool);
    expect(text).toContain(`claude mcp add --transport http bkend ${server.origin}/mcp`);
    expect(text).toContain(`"url": "${server.origin}/mcp"`);
    const cursor = /href="(cursor:\/\/[^"]+)"/.exec(html)![1]!.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=');
    const { searchParams } = new URL(cursor);
    expect(JSON.parse(Buffer.from(searchParams.get('config')!, 'base64').toString())).toEqual({
      url: `${server.origin}/mcp`,
    });
    const vscode = /href="(vscode:mcp\/install\?[^"]+)"/.exec(html)![1]!;
    expect(JSON.parse(decodeURIComponent(vscode.slice(vscode.indexOf('?') + 1)))).toMatchObject({
      name: 'bkend',
      type: 'http',
      url: `${server.origin}/mcp`,
    });
    expect(text).toContain('No tool is connected yet');
  });

  it('organizations: create, rename, switch', async () => {
    const created = await browser.submit(await open('/organizations'), 'Create organization', { name: 'Beta' });
    expect(textOf(created.html)).toContain('The organization is created');
    let page = await open('/organizations');
    expect(textOf(page.html)).toMatch(/Beta selected/);
    const rename = page.forms.find(
      ({ action, fields }) => action.endsWith('/rename') && fields.some(({ value }) => value === 'Beta'),
    )!;
    const renamed = await browser.post(
      server.origin + rename.action,
      new URLSearchParams({ csrf: rename.fields[0]!.value, name: 'Gamma' }),
    );
    expect(textOf(renamed.html)).toContain('Gamma');
    page = await browser.submit(await open('/organizations'), 'Select Acme');
    expect(textOf(page.html)).toContain('another organization');
    expect(textOf((await open('/projects')).html)).toContain('The projects of Acme');
  });

  it('a member cannot rename or change projects, and sees no button to', async () => {
    const member = await addPerson(server.app, 'member@example.com', { into: ann.organizationId, role: 'member' });
    const theirs = await logIn(member);
    const organizations = await open('/organizations', theirs);
    expect(organizations.forms.filter(({ action }) => action.endsWith('/rename'))).toEqual([]);
    const csrf = organizations.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
    for (const path of [`/organizations/${ann.organizationId}/rename`, '/projects']) {
      const { status } = await theirs.post(
        `${server.origin}/console${path}`,
        new URLSearchParams({ csrf, name: 'Taken' }),
      );
      expect([403, 404]).toContain(status);
    }
    expect(textOf((await open('/projects', theirs)).html)).toContain('An owner or admin can create one');
    expect(await server.query(`SELECT 1 FROM organizations WHERE name = 'Taken'`)).toEqual([]);
    expect(await server.query(`SELECT 1 FROM projects WHERE name = 'Taken'`)).toEqual([]);
  });

  it('projects: create, rename, delete after typing the name', async () => {
    expect(textOf((await open('/projects')).html)).toContain('There are no projects yet');
    await browser.submit(await open('/projects'), 'Create project', { name: 'Alpha' });
    const page = await open('/projects');
    const rename = page.forms.find(({ action }) => action.endsWith('/rename'))!;
    await browser.post(
      server.origin + rename.action,
      new URLSearchParams({ csrf: rename.fields[0]!.value, name: 'Omega' }),
    );
    const href = /href="(\/console\/projects\/[^"]+\/delete)"/.exec((await open('/projects')).html)![1]!;
    const confirm = await browser.get(server.origin + href);
    const wrong = await browser.submit(confirm, 'Delete', { name: 'Alpha' });
    expect(wrong.status).toBe(400);
    expect(textOf((await open('/projects')).html)).toContain('Omega');
    expect(textOf((await browser.submit(confirm, 'Delete', { name: 'Omega' })).html)).toContain(
      'The project is deleted.',
    );
  });

  it('B12 connected tools: what, where, since, used; disconnect asks first and ends it at once', async () => {
    const client = await OAuthClient.register(server.origin, {
      client_name: 'My Tool',
      redirect_uris: ['https://tool.example/cb'],
    });
    const tokens = await client.connect(ann, { parameters: { scope: 'projects:read' } });
    const page = await open('/connections');
    const text = textOf(page.html);
    for (const part of ['My Tool', 'unverified name', 'Acme', 'tool.example', 'See the projects', 'connected', 'used'])
      expect(text).toContain(part);
    const href = /href="(\/console\/connections\/[^"]+\/disconnect)"/.exec(page.html)![1]!;
    const confirm = await browser.get(server.origin + href);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect(textOf((await browser.submit(confirm, 'Disconnect')).html)).toContain('The tool is disconnected');
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
    expect((await client.refresh(tokens.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    expect(textOf((await open('/connections')).html)).toContain('No tool is connected');
    expect((await browser.submit(confirm, 'Disconnect')).status).toBe(404);
  });

  it('shows nobody the tools of others', async () => {
    const bob = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
    await (await OAuthClient.register(server.origin, { client_name: 'Bobs Tool' })).connect(bob);
    expect(textOf((await open('/connections')).html)).not.toContain('Bobs Tool');
  });

  it('who belongs to no organization is told what to do', async () => {
    const lonely = await logIn(await addPerson(server.app, 'lonely@example.com', { none: true }));
    expect((await open('', lonely)).status).toBe(200);
    expect(textOf((await open('/organizations', lonely)).html)).toContain('You belong to no organization yet');
    expect(textOf((await open('/projects', lonely)).html)).toContain('you have none yet');
  });
});
