import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { expectChallenge } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let ann: Person;
let bob: Person;
let annToken: string;
let bobToken: string;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  ann = await addPerson(server.app, 'ann@example.com');
  bob = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
  const client = await OAuthClient.register(server.origin);
  annToken = (await client.connect(ann)).access_token;
  bobToken = (await client.again().connect(bob)).access_token;
});
afterAll(() => server?.close());

const tool = (token: string, name: string, args: Record<string, unknown> = {}) =>
  callMcp(server.origin, token, 'tools/call', { name, arguments: args });
const resultOf = (answer: { json: Record<string, unknown> }) =>
  answer.json['result'] as {
    isError?: boolean;
    structuredContent: Record<string, unknown>;
    content: { text: string }[];
  };

/** A request with exactly these headers. */
function raw(
  method: string,
  headers: Record<string, string>,
  body = '',
): Promise<{ status: number; headers: Headers }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server.origin}/mcp`, {
      method,
      headers: { 'content-length': String(Buffer.byteLength(body)), ...headers },
    });
    outgoing.once('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode!, headers: new Headers(response.headers as Record<string, string>) });
    });
    outgoing.once('error', reject).end(body);
  });
}

const DEEP = '['.repeat(20_000) + ']'.repeat(20_000);

describe('T: the MCP endpoint', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'T1 %s without a token: challenged, without an error',
    async (method) => {
      const answer = await fetch(`${server.origin}/mcp`, { method });
      if (method === 'PUT' || method === 'PATCH') expect([401, 405]).toContain(answer.status);
      else expectChallenge(answer, server.origin);
    },
  );

  it('T1 whatever the body says, before it is read', async () => {
    for (const body of ['', '{', '[]', '{"jsonrpc":"2.0","id":1,"method":"initialize"}', 'x'.repeat(1000)]) {
      const answer = await fetch(`${server.origin}/mcp`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      expectChallenge(answer, server.origin);
      expect(answer.headers.get('www-authenticate')).toContain(
        'scope="organization:read projects:read projects:write"',
      );
    }
  });

  it.each([
    'http://evil.example',
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'file://',
  ])('T2 Origin %s', async (origin) => {
    const { status } = await raw(
      'POST',
      { origin, authorization: `Bearer ${annToken}`, 'content-type': 'application/json' },
      '{}',
    );
    expect(status).toBe(403);
  });

  it.each(['evil.example', '127.0.0.1.evil.example:80', 'localhost'])('T2 Host %s', async (host) => {
    expect(
      (await raw('POST', { host, authorization: `Bearer ${annToken}`, 'content-type': 'application/json' }, '{}'))
        .status,
    ).toBe(403);
  });

  it.each(['http://localhost:6274', 'http://127.0.0.1:1234', 'http://[::1]:80'])(
    'T2 a page on this computer may: %s',
    async (origin) => {
      const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
      const { status, headers } = await raw(
        'POST',
        {
          origin,
          authorization: `Bearer ${annToken}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body,
      );
      expect(status).toBe(200);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    },
  );

  it('T3 there is no session to take over: an id of one is nobody’s', async () => {
    const answer = await fetch(`${server.origin}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bobToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': 'ann-session',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }),
    });
    expect(await answer.text()).toContain('bob@example.com');
  });

  it('T4 the same JSON-RPC id from many at once: each gets its own answer', async () => {
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(
        Array.from(
          // Fewer than the server works on at once: what lasts is no burst, and the rest would be refused.
          { length: 50 },
          async (_, index) => [index % 2, resultOf(await tool(index % 2 ? bobToken : annToken, 'whoami'))] as const,
        ),
      );
      for (const [isBob, result] of answers)
        expect(result.structuredContent['user']).toMatchObject({
          email: isBob ? 'bob@example.com' : 'ann@example.com',
        });
    }
  });

  it('T7 a project of another organization is not there', async () => {
    const made = resultOf(await tool(bobToken, 'create_project', { name: 'Secret' }));
    const project_id = made.structuredContent['id'] as string;
    const unknown = resultOf(
      await tool(annToken, 'get_project', { project_id: '00000000-0000-4000-8000-000000000000' }),
    );
    const calls = [
      ['get_project', { project_id }],
      ['rename_project', { project_id, name: 'Mine' }],
      ['delete_project', { project_id, confirm_name: 'Secret' }],
    ] as const;
    for (const [name, args] of calls) expect(resultOf(await tool(annToken, name, args))).toEqual(unknown);
    expect(JSON.stringify(resultOf(await tool(annToken, 'list_projects')))).not.toContain('Secret');
    expect(JSON.stringify(resultOf(await tool(annToken, 'list_projects', { cursor: project_id })))).not.toContain(
      'Secret',
    );
    expect(resultOf(await tool(bobToken, 'get_project', { project_id })).structuredContent).toMatchObject({
      name: 'Secret',
    });
  });

  it.each([
    ['not JSON', '{', 'application/json'],
    ['deep', '['.repeat(10_000), 'application/json'],
    ['deep and whole', DEEP, 'application/json'],
    [
      'deep inside',
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"x":${DEEP}}}}`,
      'application/json',
    ],
    ['no method', '{"jsonrpc":"2.0","id":1}', 'application/json'],
    ['a number', '7', 'application/json'],
    ['another type', 'a=b', 'text/plain'],
  ])('T8 %s: an error, no stack', async (_, body, type) => {
    const answer = await fetch(`${server.origin}/mcp`, {
      method: 'POST',
      body,
      headers: {
        'content-type': type,
        authorization: `Bearer ${annToken}`,
        accept: 'application/json, text/event-stream',
      },
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await answer.text()).not.toMatch(/node_modules|at .*\.js/);
  });

  it('T8 an unknown method, an unknown tool, wrong arguments: JSON-RPC says so', async () => {
    expect((await callMcp(server.origin, annToken, 'nonsense/method')).json).toHaveProperty('error.code', -32601);
    for (const [name, args] of [
      ['nonsense', {}],
      ['create_project', {}],
      ['create_project', { name: 7 }],
      ['get_project', { project_id: 'x' }],
    ] as const) {
      const { json } = await tool(annToken, name, args);
      expect('error' in json || resultOf({ json }).isError).toBe(true);
    }
  });

  it('T8 10 MB are not read', async () => {
    const answer = await fetch(`${server.origin}/mcp`, {
      method: 'POST',
      body: 'x'.repeat(10 * 1024 * 1024),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${annToken}` },
    }).catch(() => undefined);
    expect(answer?.status ?? 413).toBe(413);
  });
});
