import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Usage } from '../../../src/usage/usage.service.js';
import { BOTH_DATABASES, newDatabase } from '../../support/databases.js';
import { eventually } from '../../support/eventually.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, addPersonAt, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES } from '../../support/resource-servers.js';
import { Witness } from '../../support/row-lock.js';
import { startProcess, startServer, type TestServer } from '../../support/server.js';

interface Hour {
  grant_id: string;
  organization_id: string;
  calls: number;
  failures: number;
  scopes: string[];
  tools: Record<string, number>;
}

const sidOf = ({ access_token }: Tokens) =>
  (JSON.parse(Buffer.from(access_token.split('.')[1]!, 'base64url').toString()) as { sid: string }).sid;

describe.each(BOTH_DATABASES)('calls are counted, on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  let client: OAuthClient;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    // A minute past the full hour: no test crosses one by chance.
    server.clock.advance(3_660 - ((server.clock.now().getTime() / 1000) % 3_600));
    ann = await addPerson(server.app, 'ann@example.com');
    client = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());

  const call = (tokens: Tokens, name: string, args: Record<string, unknown> = {}) =>
    callMcp(server.origin, tokens.access_token, 'tools/call', { name, arguments: args });
  /** What is written down of a connection once `calls` were. */
  const hoursOf = (tokens: Tokens, calls: number) =>
    eventually(async () => {
      await server.app.get(Usage, { strict: false }).flush();
      const hours = await server.query<Hour>('SELECT * FROM connection_hours WHERE grant_id = $1 ORDER BY hour', [
        sidOf(tokens),
      ]);
      expect(hours.reduce((sum, hour) => sum + hour.calls, 0)).toBe(calls);
      return hours;
    });

  it('by connection and hour: tools, permissions, and what failed', async () => {
    const tokens = await client.again().connect(ann);
    await callMcp(server.origin, tokens.access_token);
    await call(tokens, 'create_project', { name: 'P' });
    await call(tokens, 'list_projects');
    await call(tokens, 'list_projects');
    await call(tokens, 'get_project', { project_id: '00000000-0000-4000-8000-000000000000' });
    await call(tokens, 'list_projects', { cursor: 7 });
    await call(tokens, 'no_such_tool');
    await callMcp(server.origin, tokens.access_token, 'no/such/method');
    const [hour, ...others] = await hoursOf(tokens, 8);
    expect(others).toEqual([]);
    expect(hour).toMatchObject({ organization_id: ann.organizationId, failures: 3 });
    expect(hour!.tools).toEqual({ create_project: 1, list_projects: 3, get_project: 1 });
    expect(hour!.scopes.toSorted()).toEqual(['projects:read', 'projects:write']);
    const [use] = await server.query('SELECT organization_id, address FROM connection_uses WHERE grant_id = $1', [
      sidOf(tokens),
    ]);
    expect(use).toEqual({ organization_id: ann.organizationId, address: '127.0.0.1' });
  });

  it('once more in the next hour, in a row of its own; and what comes later is added', async () => {
    const tokens = await client.again().connect(ann);
    await call(tokens, 'whoami');
    await hoursOf(tokens, 1);
    await call(tokens, 'whoami');
    await call(tokens, 'list_projects');
    const [hour] = await hoursOf(tokens, 3);
    expect(hour).toMatchObject({ tools: { whoami: 2, list_projects: 1 }, failures: 0 });
    expect(hour!.scopes).toContain('projects:read');
    server.clock.advance(3_600);
    const later = (await client.refresh(tokens.refresh_token)).json as unknown as Tokens;
    await call(later, 'whoami');
    expect(await hoursOf(tokens, 4)).toMatchObject([{ calls: 3 }, { calls: 1 }]);
  });

  it('a refusal for lack of permission is a failure, and no use of the permission', async () => {
    const tokens = await client.again().connect(ann);
    const read = (await client.refresh(tokens.refresh_token, { scope: 'projects:read' })).json as unknown as Tokens;
    expect((await call(read, 'delete_project')).status).toBe(403);
    expect(await hoursOf(read, 1)).toMatchObject([{ failures: 1, scopes: [], tools: { delete_project: 1 } }]);
  });

  it('nobody is counted who is not let in, nor anything for another connection', async () => {
    const tokens = await client.again().connect(ann);
    const other = await client.again().connect(ann);
    const [head, , signature] = tokens.access_token.split('.');
    const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1]!, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, sid: sidOf(other) })).toString('base64url');
    expect((await callMcp(server.origin, `${head}.${forged}.${signature}`)).status).toBe(401);
    expect((await callMcp(server.origin, undefined)).status).toBe(401);
    expect((await callMcp(server.origin, tokens.access_token, 'tools/list', { sid: sidOf(other) })).status).toBe(200);
    await hoursOf(tokens, 1);
    expect(await hoursOf(other, 0)).toEqual([]);
  });

  it('the server of another resource that asks about a live token is a use, without an address; about a dead one none', async () => {
    const files = await declareResource(server);
    const tokens = await connectTo(FILES, client.again(), ann);
    const dead = await connectTo(FILES, client.again(), ann);
    const elsewhere = await client.again().connect(ann);
    await client.revoke(dead.refresh_token);
    for (const { access_token } of [tokens, tokens, dead, elsewhere]) await files.introspect(access_token);
    expect(await hoursOf(tokens, 2)).toMatchObject([{ failures: 0, scopes: [], tools: {} }]);
    expect([await hoursOf(dead, 0), await hoursOf(elsewhere, 0)]).toEqual([[], []]);
    const [use] = await server.query('SELECT address FROM connection_uses WHERE grant_id = $1', [sidOf(tokens)]);
    expect(use).toEqual({ address: '' });
  });

  it('a flood writes one row a connection and hour, and waits for the database nowhere', async () => {
    const tokens = await client.again().connect(ann);
    const written = async () =>
      (await server.query<{ n: number }>('SELECT sum(calls)::int AS n FROM connection_hours'))[0]!.n;
    await server.app.get(Usage, { strict: false }).flush();
    const before = await written();
    const usage = server.app.get(Usage, { strict: false });
    const caller = { grantId: sidOf(tokens), organizationId: ann.organizationId, address: '127.0.0.1' };
    for (let n = 0; n < 100_000; n++) usage.count(caller, { tool: 'whoami', scopes: ['a'], failed: false });
    // Nothing while they are counted; one write may be due right behind.
    expect([before, before + 100_000]).toContain(await written());
    for (let n = 0; n < 20; n++) await call(tokens, 'whoami');
    const hours = await hoursOf(tokens, 100_020);
    expect(hours).toHaveLength(1);
    await server.query('DELETE FROM connection_hours WHERE grant_id = $1', [sidOf(tokens)]);
  });
});

describe('what was counted', () => {
  it('is written down when the server ends; kill -9 loses the last seconds alone', async () => {
    const database = await newDatabase('postgres');
    const witness = Witness.of(database.url);
    const total = async () =>
      (await witness.query<{ n: number }>('SELECT coalesce(sum(calls), 0)::int AS n FROM connection_hours'))[0]!.n;
    try {
      let node = await startProcess(database, { RATE_LIMITS: 'off' });
      const ann = await addPersonAt(database.url!, 'ann@example.com');
      const tokens = await (await OAuthClient.register(node.origin)).connect(ann);
      const { PORT, PUBLIC_URL } = { PORT: new URL(node.origin).port, PUBLIC_URL: node.origin };
      for (let n = 0; n < 5; n++) await callMcp(node.origin, tokens.access_token);
      expect(await node.kill('SIGTERM')).toBe(0);
      expect(await total()).toBe(5);
      node = await startProcess(database, { RATE_LIMITS: 'off', PORT, PUBLIC_URL });
      for (let n = 0; n < 3; n++) await callMcp(node.origin, tokens.access_token);
      await eventually(async () => expect(await total()).toBe(8));
      await callMcp(node.origin, tokens.access_token);
      await node.kill('SIGKILL');
      expect(await total()).toBeGreaterThanOrEqual(8);
    } finally {
      await database.remove();
    }
  });

  it('is held on while it cannot be written, and written once', async () => {
    const server = await startServer({ database: 'postgres' });
    try {
      const ann = await addPerson(server.app, 'ann@example.com');
      const tokens = await (await OAuthClient.register(server.origin)).connect(ann);
      const usage = server.app.get(Usage, { strict: false });
      await server.query('ALTER TABLE connection_hours RENAME TO elsewhere');
      for (let n = 0; n < 4; n++) await callMcp(server.origin, tokens.access_token);
      await usage.flush();
      // Another connection's flood while nothing can be written: memory is bounded, who is counted already goes on
      // being.
      const organizationId = ann.organizationId;
      for (let n = 0; n < 25_000; n++) {
        const grantId = `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
        usage.count({ grantId, organizationId, address: '' }, { scopes: [], failed: false });
      }
      await callMcp(server.origin, tokens.access_token);
      await server.query('ALTER TABLE elsewhere RENAME TO connection_hours');
      await eventually(async () => {
        await usage.flush();
        expect(await server.query('SELECT calls FROM connection_hours WHERE grant_id = $1', [sidOf(tokens)])).toEqual([
          { calls: 5 },
        ]);
      });
      expect(await server.query('SELECT count(*)::int AS n FROM connection_hours')).toEqual([{ n: 20_000 }]);
    } finally {
      await server.close();
    }
  });
});
