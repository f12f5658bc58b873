import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Policies } from '../../../src/database/repositories/policies.repository.js';
import { ToolPolicy } from '../../../src/policy/tool-policy.service.js';
import { Usage } from '../../../src/usage/usage.service.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let person: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(() => server?.close());

/** The permissions on the page, each with whether it is marked as new. */
const permissionsOf = ({ html }: WebPage) =>
  [...html.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, item]) => [
    /(?:<label[^>]*>|<span>)([^<]+)</.exec(item!)![1],
    textOf(item!).includes(' new '),
  ]);

describe('a step up', () => {
  it('is told apart from what was given before, and one token can do both', async () => {
    const client = await OAuthClient.register(server.origin);
    const browser = new HttpBrowser();
    const first = client.again();
    const narrow = await first.toApproval(person, { browser, parameters: { scope: 'organization:read' } });
    expect(permissionsOf(narrow.page)).toEqual([
      ['See your organization and who you are in it', false],
      ['Stay connected when you are away', false],
    ]);
    const code = new URL((await browser.submit(narrow.page, 'Approve')).leftTo!).searchParams.get('code')!;
    const before = (await first.exchange(code)).json as unknown as Tokens;

    const refused = await callMcp(server.origin, before.access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: 'X' },
    });
    expect(refused.status).toBe(403);
    const missing = /scope="([^"]+)"/.exec(refused.headers.get('www-authenticate')!)![1]!;

    const second = client.again();
    const wide = await second.toApproval(person, { browser, parameters: { scope: `organization:read ${missing}` } });
    expect(permissionsOf(wide.page)).toEqual([
      ['See your organization and who you are in it', false],
      ['See the projects', true],
      ['Create, rename and delete projects', true],
      ['Stay connected when you are away', false],
    ]);
    const stepped = new URL((await browser.submit(wide.page, 'Approve')).leftTo!).searchParams.get('code')!;
    const after = (await second.exchange(stepped)).json as unknown as Tokens;
    for (const [name, args] of [
      ['get_organization', {}],
      ['create_project', { name: 'X' }],
    ] as const) {
      expect((await callMcp(server.origin, after.access_token, 'tools/call', { name, arguments: args })).status).toBe(
        200,
      );
    }
    // What it had goes on.
    expect((await first.refresh(before.refresh_token)).status).toBe(200);
  });

  it('compares with this tool, this organization and connections that live', async () => {
    const [one, other] = [
      await OAuthClient.register(server.origin),
      await OAuthClient.register(server.origin, { client_name: 'Other' }),
    ];
    const tokens = await one.connect(person, { parameters: { scope: 'organization:read' } });
    expect(permissionsOf((await other.toApproval(person)).page).map(([, isNew]) => isNew)).not.toContain(true);
    await one.revoke(tokens.refresh_token);
    expect(permissionsOf((await one.again().toApproval(person)).page).map(([, isNew]) => isNew)).not.toContain(true);
  });
});

describe('a step up that nobody could approve', () => {
  const create = ({ access_token }: Tokens) =>
    callMcp(server.origin, access_token, 'tools/call', { name: 'create_project', arguments: { name: 'X' } });
  /** The sentence of the tool error; the status when it was none. */
  const toldBy = ({ status, json }: Awaited<ReturnType<typeof create>>) => {
    const result = json['result'] as { isError?: boolean; content: { text: string }[] } | undefined;
    return status === 200 && result?.isError ? result.content[0]!.text : status;
  };
  const join = (name: string) =>
    addPerson(server.app, `${name}@example.com`, { into: person.organizationId, role: 'member' });
  const connect = async (who: Person, scope?: string) =>
    (await OAuthClient.register(server.origin)).connect(who, scope === undefined ? {} : { parameters: { scope } });

  it('for the role: a tool error that says who can, until the role changes', async () => {
    const member = await join('member');
    const tokens = await connect(member);
    expect(tokens.scope).toBe('organization:read projects:read');
    const told = toldBy(await create(tokens));
    expect(told).toContain('projects:write');
    expect(told).toContain("the person's role, member, does not allow");
    expect(told).toContain('owner or admin');
    // It failed, and used nothing.
    await server.app.get(Usage, { strict: false }).flush();
    expect(
      await server.query(
        `SELECT h.calls, h.failures, h.scopes FROM connection_hours h JOIN grants g ON g.id = h.grant_id WHERE g.user_id = $1`,
        [member.id],
      ),
    ).toEqual([{ calls: 1, failures: 1, scopes: [] }]);
    await server.query(`UPDATE memberships SET role = 'admin' WHERE user_id = $1`, [member.id]);
    expect(toldBy(await create(tokens))).toBe(403);
  });

  it('for the policy: a tool error that says where, until the policy changes', async () => {
    const owner = await addPerson(server.app, 'strict@example.com', { organization: 'Strict' });
    const decide = async (ceiling: string[] | null) => {
      const { version } = await server.app.get(Policies, { strict: false }).read(owner.organizationId);
      const becomes = { verdict: 'allow', ceiling, expiresAt: null } as const;
      const change = { tool: '*', people: 'everybody', becomes } as const;
      const asked = { organizationId: owner.organizationId, change, version, by: owner.id };
      expect(await server.app.get(ToolPolicy, { strict: false }).save(asked)).toBe(0);
    };
    await decide(['organization:read', 'projects:read']);
    const tokens = await connect(owner);
    expect(toldBy(await create(tokens))).toContain('under AI clients');
    await decide(null);
    expect(toldBy(await create(tokens))).toBe(403);
  });

  it('of several calls at once, what can be approved is asked for, and nothing else', async () => {
    const member = await join('several');
    const { access_token } = await connect(member, 'organization:read');
    const one = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });
    const response = await fetch(`${server.origin}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${access_token}`,
      },
      body: JSON.stringify([one(1, 'list_projects'), one(2, 'create_project')]),
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain('scope="organization:read projects:read"');
  });

  it('is looked for by no call that is allowed', async () => {
    const tokens = await connect(person);
    const call = callMcp.bind(null, server.origin, tokens.access_token, 'tools/call');
    const witness = Witness.of(server.config.databaseUrl);
    const answer = await witness.whileHeld('LOCK TABLE grants IN ACCESS EXCLUSIVE MODE', [], () =>
      call({ name: 'list_projects', arguments: {} }),
    );
    expect(toldBy(answer)).toBe(200);
  });
});
