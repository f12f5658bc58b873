import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { runCommand } from '../support/command-line.js';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { HttpBrowser } from '../support/http-browser.js';
import { REDIRECT_URI } from '../support/oauth-client.js';
import { addPersonAt, type Person } from '../support/people.js';
import { freePort } from '../support/postgres-server.mjs';
import { ReverseProxy } from '../support/reverse-proxy.js';
import { type ServerProcess, startProcess } from '../support/server.js';
import { ToolMemory } from '../support/tool-memory.js';

/** Lets the permission to write be taken away, as the approval page does. */
const READ_ONLY = { scope: undefined };

describe('the servers in examples/', () => {
  it.each(readdirSync('examples').filter((file) => !file.endsWith('.md')))('%s has less than 80 lines', (file) => {
    expect(readFileSync(`examples/${file}`, 'utf8').trimEnd().split('\n').length).toBeLessThan(80);
  });
});

describe.each(['express', 'fastify'])('examples/%s.mjs, with the official client', (example) => {
  let database: TestDatabase;
  let proxy: ReverseProxy;
  let auth: ServerProcess;
  let files: ChildProcess;
  let resource: string;
  let person: Person;

  beforeAll(async () => {
    database = await newDatabase('postgres');
    proxy = await ReverseProxy.start();
    auth = await startProcess(database, { PUBLIC_URL: proxy.origin });
    proxy.target = auth.address;
    person = await addPersonAt(database.url!, 'ann@example.com');
    const port = await freePort();
    resource = `http://127.0.0.1:${port}/mcp`;
    const { stdout, stderr } = runCommand(database, [
      'resource',
      'create',
      resource,
      '--name=Files',
      '--scope=files:read=See your files',
      '--scope=files:write=Change your files',
      '--implies=files:write=files:read',
      '--changes=files:write',
    ]);
    if (stderr) throw new Error(stderr);
    files = spawn(process.execPath, [`examples/${example}.mjs`], {
      env: {
        ISSUER: `${proxy.origin}/mcp`,
        RESOURCE: resource,
        CLIENT_ID: /client_id +(\S+)/.exec(stdout)![1],
        CLIENT_SECRET: /client_secret +(\S+)/.exec(stdout)![1],
        PORT: String(port),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(files.stdout!, 'data')) as [Buffer];
    expect(line.toString()).toContain('is ready');
    // Running servers learn of it within a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }, 60_000);
  afterAll(async () => {
    files?.kill();
    await auth?.kill('SIGTERM');
    proxy?.close();
    await database?.remove();
  });

  /** A tool that somebody connected; `form`: what they left ticked. */
  async function connected(form?: Record<string, string | undefined>) {
    const memory = new ToolMemory(REDIRECT_URI);
    const tool = new Client({ name: 'test-tool', version: '1.0.0' });
    const authorize = async (transport: StreamableHTTPClientTransport) => {
      const browser = new HttpBrowser();
      let page = await browser.get(memory.authorizationUrl!.href);
      page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
      page = await browser.submit(page, 'Continue', { organization: person.organizationId });
      expect(page.html).toContain('Change your files');
      const { leftTo } = await browser.submit(page, 'Approve', form);
      await transport.finishAuth(new URL(leftTo!).searchParams);
    };
    const make = () => new StreamableHTTPClientTransport(new URL(resource), { authProvider: memory as never });
    const first = make();
    await expect(tool.connect(first)).rejects.toThrow(/unauthorized/i);
    await authorize(first);
    await tool.connect(make());
    return { tool, memory };
  }

  const rawCall = (token: string, name = 'list_files', args = {}) =>
    fetch(resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-06-18',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    });

  it('serves its tools to whoever was approved', async () => {
    const { tool } = await connected();
    expect((await tool.listTools()).tools.map(({ name }) => name)).toEqual(['list_files', 'write_file']);
    const written = await tool.callTool({ name: 'write_file', arguments: { name: 'a.txt', content: 'abc' } });
    expect(written.content).toEqual([{ type: 'text', text: '3 characters written' }]);
    expect(JSON.stringify((await tool.callTool({ name: 'list_files' })).content)).toContain('a.txt');
  });

  it('asks for everything that is missing, at once', async () => {
    const { memory } = await connected(READ_ONLY);
    const token = memory.kept!.access_token;
    expect((await rawCall(token)).status).toBe(200);
    const refused = await rawCall(token, 'write_file', { name: 'a', content: 'b' });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer .*error="insufficient_scope"/);
    expect(refused.headers.get('www-authenticate')).toContain('scope="files:write"');
  });

  it('refuses no token, a foreign one, one for the other server, and a page of the feed', async () => {
    const bare = await fetch(resource, { method: 'POST' });
    expect(bare.status).toBe(401);
    expect(bare.headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource/mcp');
    expect(bare.headers.get('www-authenticate')).not.toContain('error=');
    const feed = await (await fetch(`${proxy.origin}/mcp/oauth/revocations`)).text();
    for (const token of ['rubbish', 'a.b.c', feed]) {
      const refused = await rawCall(token);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ]);
    }
  });

  it('refuses a revoked connection within 2 s, in a loop of calls', async () => {
    const { memory } = await connected();
    const { access_token: token } = memory.kept!;
    expect((await rawCall(token)).status).toBe(200);
    await revoke(memory);
    expect(await untilRefused(token)).toBeLessThan(2_000);
  });

  it('asks about each token while the feed cannot be read, and refuses a revoked one', async () => {
    const { memory } = await connected();
    const { access_token: token } = memory.kept!;
    let introspected = 0;
    proxy.meddle = ({ url }, answer) => {
      if (url === '/mcp/oauth/introspect') introspected++;
      if (!url!.startsWith('/mcp/oauth/revocations')) return {};
      answer.writeHead(503).end();
      return 'answered';
    };
    // A page says nothing about what it does not name for longer than ten seconds.
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    expect((await rawCall(token)).status).toBe(200);
    expect(introspected).toBe(1);
    await revoke(memory);
    expect((await rawCall(token)).status).toBe(401);
    proxy.meddle = () => ({});
  });

  const revoke = (memory: ToolMemory) =>
    fetch(`${proxy.origin}/mcp/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({
        token: memory.kept!.refresh_token!,
        client_id: (memory.information as { client_id: string }).client_id,
      }),
    });

  /** How long it takes until the token is refused, in milliseconds. */
  async function untilRefused(token: string): Promise<number> {
    const start = Date.now();
    while ((await rawCall(token)).status === 200) {
      if (Date.now() - start > 10_000) throw new Error('it is not refused at all');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return Date.now() - start;
  }
});
