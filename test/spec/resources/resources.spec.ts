import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { StoredResources } from '../../../src/database/repositories/stored-resources.repository.js';
import { Resources } from '../../../src/resources/resources.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectChallenge, expectError, expectRefusal } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILE_SCOPES, FILES } from '../../support/resource-servers.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('resources beyond /mcp, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let member: Person;
  let client: OAuthClient;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    member = await addPerson(server.app, 'bob@example.com', { into: person.organizationId, role: 'member' });
    client = await OAuthClient.register(server.origin);
    await declareResource(server);
  });
  afterAll(() => server?.close());

  const metadata = async (path: string) =>
    (await fetch(server.origin + path)).json() as Promise<Record<string, unknown>>;

  it('are in the server metadata, with their scopes', async () => {
    const json = await metadata('/.well-known/oauth-authorization-server/mcp');
    expect(json['protected_resources']).toEqual([`${server.origin}/mcp`, FILES]);
    expect(json['scopes_supported']).toEqual([
      'organization:read',
      'projects:read',
      'projects:write',
      'files:read',
      'files:write',
      'files:share',
      'offline_access',
    ]);
  });

  it('have permissions of their own on the approval page, and their name', async () => {
    const { page } = await client.again().toApproval(person, { parameters: { resource: FILES } });
    const text = textOf(page.html);
    expect(text).toContain('At Files it will be able to');
    for (const { sentence } of FILE_SCOPES) expect(text).toContain(sentence);
    expect(text).toContain(FILES);
    expect(text).not.toContain('projects');
    expect(page.html).not.toContain('example}}');
  });

  it('are the one audience of their tokens, which this server refuses', async () => {
    const tokens = await connectTo(FILES, client.again(), person);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: FILES, scope: 'files:read files:write files:share' });
    expectChallenge(await callMcp(server.origin, tokens.access_token), server.origin, 'invalid_token');
  });

  it('are kept by a refresh, that names them or nothing', async () => {
    const own = client.again();
    const tokens = await connectTo(FILES, own, person);
    const first = await own.refresh(tokens.refresh_token);
    expect(decodeJwt(first.json['access_token'] as string)['aud']).toBe(FILES);
    const second = await own.refresh(first.json['refresh_token'] as string, { resource: `${FILES}/` });
    expect(decodeJwt(second.json['access_token'] as string)['aud']).toBe(FILES);
  });

  it('cannot be swapped at the token endpoint', async () => {
    const own = client.again();
    const code = await own.code(person, { parameters: { resource: FILES } });
    expectError(await own.exchange(code, { resource: `${server.origin}/mcp` }), 'invalid_target');
    const { json } = await own.exchange(code, { resource: FILES });
    expectError(
      await own.refresh(json['refresh_token'] as string, { resource: `${server.origin}/mcp` }),
      'invalid_target',
    );
  });

  it.each([
    ['foreign', 'https://elsewhere.example/mcp'],
    ['a part of one', 'https://files.example.com'],
    ['in another case of the path', 'https://files.example.com/MCP'],
  ])('refuse a resource that is %s', async (_, resource) => {
    expectRefusal(await new HttpBrowser().get(client.again().authorizeUrl({ resource })), 'invalid_target');
  });

  it('refuse two at once', async () => {
    const url = `${client.again().authorizeUrl({ resource: FILES })}&resource=${encodeURIComponent(`${server.origin}/mcp`)}`;
    expectRefusal(await new HttpBrowser().get(url), 'invalid_target');
    const twice = `${client.again().authorizeUrl({ resource: FILES })}&resource=${encodeURIComponent(FILES.toUpperCase().replace('/MCP', '/mcp'))}`;
    expect((await new HttpBrowser().get(twice)).url).toContain('/authorize/login');
    const empty = `${client.again().authorizeUrl({ resource: FILES })}&resource=`;
    expect((await new HttpBrowser().get(empty)).url).toContain('/authorize/login');
  });

  it('refuse scopes that are only another resource’s', async () => {
    const url = client.again().authorizeUrl({ resource: FILES, scope: 'projects:read' });
    expectRefusal(await new HttpBrowser().get(url), 'invalid_scope');
  });

  it('imply narrower scopes, and those in turn', async () => {
    const tokens = await connectTo(FILES, client.again(), person, { scope: 'files:share' });
    expect(tokens.scope).toBe('files:read files:write files:share');
  });

  it('lose a permission that contains one which was taken away', async () => {
    const own = client.again();
    const { browser, page } = await own.toApproval(person, { parameters: { resource: FILES } });
    const form = page.forms.find(({ buttons }) => buttons.some(({ label }) => label === 'Approve'))!;
    const ticked = form.fields.filter(({ type }) => type === 'checkbox').map(({ value }) => value);
    expect(ticked).toEqual(['files:write', 'files:share', 'offline_access']);
    const { leftTo } = await browser.submit(page, 'Approve', { scope: 'files:share' });
    const { json } = await own.exchange(new URL(leftTo!).searchParams.get('code')!, { resource: FILES });
    expect(json['scope']).toBe('files:read');
  });

  it('do not let a member give what is for admins only', async () => {
    const { page } = await client.again().toApproval(member, { parameters: { resource: FILES } });
    expect(textOf(page.html)).not.toContain('Share files with the world');
    expect((await connectTo(FILES, client.again(), member)).scope).toBe('files:read files:write');
  });

  it('are not connected by a member who may give nothing of what they ask', async () => {
    const uri = 'https://vault.example.com/mcp';
    const [, , share] = FILE_SCOPES;
    await declareResource(server, { uri, name: 'Vault', scopes: [{ ...share!, name: 'vault:open', implies: [] }] });
    const asking = client.again();
    const { page } = await asking.toApproval(member, { parameters: { resource: uri } });
    expect(page.status).toBe(403);
    expect(textOf(page.html)).toContain('takes another role');
    expect(textOf(page.html)).toContain(person.email);
    expect(page.html).toContain('access_denied');
    expect((await connectTo(uri, client.again(), person)).scope).toBe('vault:open');
  });

  it('narrow a token within what they have', async () => {
    const own = client.again();
    const tokens = await connectTo(FILES, own, person);
    const narrow = await own.refresh(tokens.refresh_token, { scope: 'files:write' });
    expect(narrow.json['scope']).toBe('files:read files:write');
    const refresh = narrow.json['refresh_token'] as string;
    expectError(await own.refresh(refresh, { scope: 'projects:read' }), 'invalid_scope');
    expect((await own.refresh(refresh)).json['scope']).toBe('files:read files:write files:share');
  });

  it('are named among the connections', async () => {
    const browser = new HttpBrowser();
    const login = await browser.get(`${server.origin}/console/connections`);
    const page = await browser.submit(login, 'Log in', { email: person.email, password: person.password });
    expect(textOf(page.html)).toContain('at Files');
    expect(textOf(page.html)).toContain('Share files with the world');
  });

  it('have their metadata here when they share the origin, and its bare origin is then nobody’s alias', async () => {
    const uri = `${server.origin}/notes/mcp`;
    expect((await fetch(`${server.origin}/.well-known/oauth-protected-resource/notes/mcp`)).status).toBe(404);
    await declareResource(server, { uri, name: 'Notes' });
    expect(await metadata('/.well-known/oauth-protected-resource/notes/mcp')).toMatchObject({
      resource: uri,
      authorization_servers: [`${server.origin}/mcp`],
      scopes_supported: FILE_SCOPES.map(({ name }) => name),
      resource_name: 'Notes',
    });
    expectRefusal(
      await new HttpBrowser().get(client.again().authorizeUrl({ resource: server.origin })),
      'invalid_target',
    );
    await server.app.get(StoredResources, { strict: false }).remove(uri, server.clock.now());
  });

  it('lose their connections when they are removed, and then are foreign', async () => {
    const uri = 'https://soon-gone.example/mcp';
    await declareResource(server, { uri });
    const own = client.again();
    const tokens = await connectTo(uri, own, person);
    const waiting = client.again();
    const { browser, page } = await waiting.toApproval(person, { parameters: { resource: uri } });
    expect(await server.app.get(StoredResources, { strict: false }).remove(uri, server.clock.now())).toMatchObject({
      live: 1,
    });
    expectError(await own.refresh(tokens.refresh_token), 'invalid_grant');
    const answer = await browser.submit(page, 'Approve');
    expect([answer.status, answer.leftTo]).toEqual([400, undefined]);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expectRefusal(await new HttpBrowser().get(client.again().authorizeUrl({ resource: uri })), 'invalid_target');
    expect(server.app.get(Resources, { strict: false }).find(uri)).toBeUndefined();
  });

  it('give no more than they still have', async () => {
    const uri = 'https://shrinking.example/mcp';
    await declareResource(server, { uri });
    const own = client.again();
    const tokens = await connectTo(uri, own, person);
    const stored = server.app.get(StoredResources, { strict: false });
    expect(await stored.change(uri, { scopes: FILE_SCOPES.slice(0, 1) }, server.clock.now())).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await own.refresh(tokens.refresh_token)).json['scope']).toBe('files:read');
  });
});

it('a resource removed while somebody approves takes that connection along', async () => {
  const server = await startServer({ database: 'postgres' });
  try {
    const person = await addPerson(server.app, 'ann@example.com');
    const client = await OAuthClient.register(server.origin);
    await declareResource(server);
    const { browser, page } = await client.toApproval(person, { parameters: { resource: FILES } });
    const witness = Witness.of(server.config.databaseUrl);
    const stored = server.app.get(StoredResources, { strict: false });
    await witness.releaseTogether('SELECT 1 FROM resources WHERE uri = $1 FOR UPDATE', [FILES], 2, () =>
      Promise.all([browser.submit(page, 'Approve'), stored.remove(FILES, server.clock.now())]),
    );
    expect(await witness.query('SELECT id FROM grants WHERE revoked_at IS NULL')).toEqual([]);
  } finally {
    await server.close();
  }
});
