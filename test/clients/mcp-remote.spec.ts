import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { HttpBrowser } from '../support/http-browser.js';
import { addPerson, type Person } from '../support/people.js';
import { freePort } from '../support/postgres-server.mjs';
import { startServer, type TestServer } from '../support/server.js';

const PROXY = join(process.cwd(), 'node_modules/mcp-remote/dist/proxy.js');
let server: TestServer;
let person: Person;
let folder: string;
let callbackPort: string;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  callbackPort = String(await freePort());
  folder = mkdtempSync(join(tmpdir(), 'bkend-mcp-remote-'));
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** mcp-remote as a tool starts it; what it prints for the person is the address to visit. */
async function start(): Promise<{ client: Client; connected: Promise<void>; visited: () => Promise<string> }> {
  const env = { PATH: process.env['PATH']!, HOME: folder, MCP_REMOTE_CONFIG_DIR: folder, BROWSER: 'none' };
  const args = [PROXY, `${server.origin}/mcp`, callbackPort, '--allow-http'];
  const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' });
  const client = new Client({ name: 'test-tool', version: '1.0.0' });
  let printed = '';
  transport.stderr!.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (process.env['TEST_LOG']) process.stderr.write(chunk);
  });
  const visited = async () => {
    for (;;) {
      const url = /visiting:\s+(http\S+)/.exec(printed)?.[1];
      if (url) return url;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { client, connected: client.connect(transport, { timeout: 30_000 }), visited };
}

it('mcp-remote connects, calls, and connects again by what it kept', async () => {
  const first = await start();
  const browser = new HttpBrowser();
  let page = await browser.get(await first.visited());
  page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
  page = await browser.submit(page, 'Continue', { organization: person.organizationId });
  const { leftTo } = await browser.submit(page, 'Approve');
  expect(await statusOf(leftTo!)).toBe(200);
  await first.connected;
  expect((await first.client.listTools()).tools.map(({ name }) => name)).toContain('create_project');
  const made = await first.client.callTool({ name: 'create_project', arguments: { name: 'By mcp-remote' } });
  expect(made.structuredContent).toMatchObject({ name: 'By mcp-remote' });
  await first.client.close();

  // An hour later its access token is over; it refreshes, and nobody is asked.
  server.clock.advance(3601);
  const second = await start();
  await second.connected;
  expect((await second.client.callTool({ name: 'whoami', arguments: {} })).structuredContent).toMatchObject({
    user: { email: person.email },
  });
  await second.client.close();
}, 90_000);

/** Of a page that is not the server's. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) =>
    get(url, (response) => resolve(response.resume().statusCode!)).once('error', reject),
  );
}
