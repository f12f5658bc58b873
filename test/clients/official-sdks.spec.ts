import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { approve } from '../support/chromium-person.js';
import { BOTH_DATABASES } from '../support/databases.js';
import { listenOnLoopback, type LoopbackListener } from '../support/loopback-listener.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';
import { ToolMemory } from '../support/tool-memory.js';

const INFO = { name: 'test-tool', version: '1.0.0' };

interface Connection {
  /** Throws while nobody has authorized. */
  open(): Promise<void>;
  finish(answer: URLSearchParams): Promise<void>;
  toolNames(): Promise<string[]>;
  call(
    name: string,
    args: Record<string, unknown>,
  ): Promise<{ structuredContent?: Record<string, unknown>; isError?: boolean }>;
  protocol(): string | undefined;
}

function v1(url: URL, memory: ToolMemory): Connection {
  const make = () => new TransportV1(url, { authProvider: memory });
  let client = new ClientV1(INFO);
  let transport = make();
  return {
    async open() {
      client = new ClientV1(INFO);
      transport = make();
      await client.connect(transport as never);
    },
    finish: (answer) => transport.finishAuth(answer.get('code')!),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as never,
    protocol: () => transport.protocolVersion,
  };
}

function v2(url: URL, memory: ToolMemory, mode: 'legacy' | { pin: string }): Connection {
  let client: ClientV2;
  let transport: TransportV2;
  return {
    async open() {
      client = new ClientV2(INFO, { versionNegotiation: { mode } });
      transport = new TransportV2(url, { authProvider: memory as never });
      await client.connect(transport);
    },
    finish: (answer) => transport.finishAuth(answer),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => (await client.callTool({ name, arguments: args })) as never,
    protocol: () => client.getNegotiatedProtocolVersion(),
  };
}

const TOOLS = [
  ['@modelcontextprotocol/sdk v1', v1, /^2025-/],
  [
    '@modelcontextprotocol/client v2, 2025 revisions',
    (url: URL, memory: ToolMemory) => v2(url, memory, 'legacy'),
    /^2025-/,
  ],
  [
    '@modelcontextprotocol/client v2, 2026-07-28',
    (url: URL, memory: ToolMemory) => v2(url, memory, { pin: '2026-07-28' }),
    /^2026-07-28$/,
  ],
] as const;

describe.each(BOTH_DATABASES)('official MCP clients, from nothing, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let browser: Browser;
  let listener: LoopbackListener;
  let serial = 0;

  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    browser = await launchBrowser();
    listener = await listenOnLoopback();
  }, 300_000);
  afterAll(async () => {
    listener?.close();
    await browser?.close();
    await server?.close();
  });

  it.each(TOOLS)(
    '%s',
    async (_, connect, revision) => {
      const memory = new ToolMemory(listener.redirectUri);
      const tool = connect(new URL(`${server.origin}/mcp`), memory);
      const page = await browser.newPage();

      // 401, metadata, registration, then the person is needed.
      await expect(tool.open()).rejects.toThrow(/unauthorized/i);
      expect(memory.information).toMatchObject({ client_id: expect.stringMatching(/^dyn-/) });
      await throughBrowser(tool, memory, page);

      await tool.open();
      expect(tool.protocol()).toMatch(revision);
      expect(await tool.toolNames()).toEqual([
        'whoami',
        'get_organization',
        'list_projects',
        'get_project',
        'create_project',
        'rename_project',
        'delete_project',
      ]);
      const made = await tool.call('create_project', { name: 'From a tool' });
      expect(made.structuredContent).toMatchObject({ name: 'From a tool' });
      expect(await server.query(`SELECT name FROM projects WHERE id = $1`, [made.structuredContent!['id']])).toEqual([
        { name: 'From a tool' },
      ]);

      // An hour later the tool renews its access by itself.
      const before = memory.kept!;
      server.clock.advance(3601);
      expect((await tool.call('whoami', {})).structuredContent).toMatchObject({ user: { email: person.email } });
      expect(memory.kept!.access_token).not.toBe(before.access_token);
      expect(memory.kept!.refresh_token).not.toBe(before.refresh_token);

      // The person disconnects it (of which the tool's library warns its developer): the tool must ask again.
      const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
      memory.authorizationUrl = undefined;
      await page.goto(`${server.origin}/console/connections`);
      await page
        .getByRole('link', { name: /disconnect/i })
        .first()
        .click();
      await page.getByRole('button', { name: 'Disconnect' }).click();
      await page.getByText('The tool is disconnected').waitFor();
      await expect(tool.call('whoami', {})).rejects.toThrow(/unauthorized/i);
      expect(memory.authorizationUrl).toBeDefined();
      warned.mockRestore();

      // And is connected again.
      await throughBrowser(tool, memory, page);
      await tool.open();
      expect((await tool.call('whoami', {})).isError).toBeFalsy();
      await page.context().close();
    },
    60_000,
  );

  it.each(TOOLS)(
    '%s gives up a call that its person may not make',
    async (_, connect, _revision) => {
      const member = await addPerson(server.app, `member${serial++}@example.com`, {
        into: person.organizationId,
        role: 'member',
      });
      const memory = new ToolMemory(listener.redirectUri);
      const tool = connect(new URL(`${server.origin}/mcp`), memory);
      const page = await browser.newPage();
      await expect(tool.open()).rejects.toThrow(/unauthorized/i);
      await throughBrowser(tool, memory, page, member);
      await tool.open();
      const { generation } = await connection(member);
      expect(await tool.call('create_project', { name: 'Not theirs' })).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining('An owner or admin of the organization can do it') }],
      });
      // It asked nobody again, nor for another token, to see whether that helps.
      expect((await connection(member)).generation).toBe(generation);
      expect((await tool.call('whoami', {})).isError).toBeFalsy();
      await page.context().close();
    },
    60_000,
  );

  const connection = async ({ id }: Person) =>
    (await server.query<{ generation: number }>('SELECT generation FROM grants WHERE user_id = $1', [id]))[0]!;

  async function throughBrowser(tool: Connection, memory: ToolMemory, page: Page, who = person): Promise<void> {
    await approve(page, memory.authorizationUrl!, who);
    const answer = await listener.next();
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    expect(memory.isOurs(answer)).toBe(true);
    await tool.finish(answer);
    expect(memory.kept).toMatchObject({ access_token: expect.any(String), refresh_token: expect.any(String) });
  }
});
