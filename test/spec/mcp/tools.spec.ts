import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

interface ToolResult {
  readonly isError?: boolean;
  readonly content: { readonly text: string }[];
  readonly structuredContent: Record<string, unknown>;
}

describe.each(BOTH_DATABASES)('the tools, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let registered: OAuthClient;
  let token: string;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    registered = await OAuthClient.register(server.origin);
    token = (await registered.connect(person)).access_token;
  });
  afterAll(() => server?.close());

  const call = async (name: string, args: Record<string, unknown> = {}, with_ = token) =>
    (await callMcp(server.origin, with_, 'tools/call', { name, arguments: args })).json['result'] as ToolResult;
  const done = async (name: string, args: Record<string, unknown> = {}) => {
    const result = await call(name, args);
    expect(result.isError ?? false).toBe(false);
    return result.structuredContent;
  };
  const refused = async (name: string, args: Record<string, unknown>) => {
    const result = await call(name, args);
    expect(result.isError).toBe(true);
    return result.content[0]!.text;
  };
  const names = async (with_: string) =>
    ((await callMcp(server.origin, with_)).json['result'] as { tools: { name: string }[] }).tools.map(
      ({ name }) => name,
    );

  it('are listed with schemas and annotations', async () => {
    const { tools } = (await callMcp(server.origin, token)).json['result'] as {
      tools: Record<string, Record<string, unknown>>[];
    };
    expect(tools.map(({ name }) => name)).toEqual([
      'whoami',
      'get_organization',
      'list_projects',
      'get_project',
      'create_project',
      'rename_project',
      'delete_project',
    ]);
    for (const tool of tools) {
      expect(tool).toMatchObject({
        title: expect.any(String),
        description: expect.any(String),
        inputSchema: { type: 'object' },
        outputSchema: { type: 'object' },
        annotations: { readOnlyHint: expect.any(Boolean), destructiveHint: expect.any(Boolean), openWorldHint: false },
      });
    }
    const byName = Object.fromEntries(tools.map((tool) => [tool['name'], tool['annotations']]));
    expect(byName['list_projects']).toMatchObject({ readOnlyHint: true });
    expect(byName['delete_project']).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });

  it.each([
    ['organization:read', ['whoami', 'get_organization']],
    ['projects:read', ['whoami', 'list_projects', 'get_project']],
    [
      'projects:write',
      ['whoami', 'list_projects', 'get_project', 'create_project', 'rename_project', 'delete_project'],
    ],
  ])('with %s: only those the token may call', async (scope, expected) => {
    const narrow = await registered.again().connect(person, { parameters: { scope } });
    expect(await names(narrow.access_token)).toEqual(expected);
    const all = await names(token);
    for (const name of all.filter((one) => !expected.includes(one))) {
      expect((await callMcp(server.origin, narrow.access_token, 'tools/call', { name, arguments: {} })).status).toBe(
        403,
      );
    }
  });

  it('whoami and get_organization say who, where, as what', async () => {
    expect(await done('whoami')).toMatchObject({
      user: { id: person.id, email: person.email },
      organization: { id: person.organizationId, name: 'Acme', role: 'owner' },
      scopes: ['organization:read', 'projects:read', 'projects:write'],
      access_token_expires_at: expect.stringMatching(/Z$/),
    });
    expect(await done('get_organization')).toMatchObject({
      id: person.organizationId,
      name: 'Acme',
      your_role: 'owner',
      members: 1,
    });
  });

  it('a project is created, seen, renamed and deleted', async () => {
    const made = await done('create_project', { name: '  First  ' });
    expect(made).toMatchObject({ name: 'First', id: expect.any(String) });
    const project_id = made['id'] as string;
    expect(await done('get_project', { project_id })).toEqual(made);
    expect(await done('rename_project', { project_id, name: 'Second' })).toMatchObject({
      id: project_id,
      name: 'Second',
    });
    expect(await done('list_projects')).toMatchObject({ projects: [{ id: project_id, name: 'Second' }] });
    expect(await refused('delete_project', { project_id, confirm_name: 'First' })).toContain('confirm_name');
    expect(await done('delete_project', { project_id, confirm_name: 'Second' })).toEqual({ deleted: project_id });
    expect(await refused('get_project', { project_id })).toContain('list_projects');
    expect(await refused('rename_project', { project_id, name: 'X' })).toContain('list_projects');
    expect(await done('list_projects')).toEqual({ projects: [] });
  });

  it('a name nobody could read is refused with what to do', async () => {
    for (const name of ['', '   ', '\u202e', 'a'.repeat(101), 'a\nb'])
      expect(await refused('create_project', { name })).toContain('visible characters');
  });

  it('long lists come in pages, each project once', async () => {
    for (let index = 0; index < 55; index++) await done('create_project', { name: `P${index}` });
    const first = await done('list_projects');
    const second = await done('list_projects', { cursor: first['next_cursor'] });
    const seen = [first, second].flatMap(({ projects }) => (projects as { id: string }[]).map(({ id }) => id));
    expect([new Set(seen).size, seen.length, second['next_cursor']]).toEqual([55, 55, undefined]);
  });

  it('what they do is in the audit log, with who and through which connection', async () => {
    const { id } = await done('create_project', { name: 'Audited' });
    const rows = await server.query<Record<string, unknown>>(
      `SELECT user_id, organization_id, grant_id FROM audit_events WHERE action = 'project.created' AND detail->>'project' = $1`,
      [id],
    );
    expect(rows).toEqual([
      { user_id: person.id, organization_id: person.organizationId, grant_id: expect.any(String) },
    ]);
  });

  it('a role that was lowered, or a place that was lost, counts at once', async () => {
    const somebody = await addPerson(server.app, 'temp@example.com', { into: person.organizationId, role: 'admin' });
    const { access_token } = await registered.again().connect(somebody);
    await server.query(`UPDATE memberships SET role = 'member' WHERE user_id = $1`, [somebody.id]);
    const lowered = await call('create_project', { name: 'X' }, access_token);
    expect([lowered.isError, lowered.content[0]!.text]).toEqual([true, expect.stringContaining('owner or admin')]);
    await server.query('DELETE FROM memberships WHERE user_id = $1', [somebody.id]);
    const lost = await call('list_projects', {}, access_token);
    expect([lost.isError, lost.content[0]!.text]).toEqual([true, expect.stringContaining('connect again')]);
  });

  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
    'answer in revision %s, initialized or not',
    async (protocolVersion) => {
      const { status, json } = await callMcp(server.origin, token, 'initialize', {
        protocolVersion,
        capabilities: {},
        clientInfo: { name: 'x', version: '1' },
      });
      expect(status).toBe(200);
      expect(json['result']).toMatchObject({
        protocolVersion,
        serverInfo: { name: 'bkend' },
        capabilities: { tools: {} },
      });
    },
  );
});
