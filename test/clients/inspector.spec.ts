import { get } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../support/http-browser.js';
import { installPackages, runPackage } from '../support/packages.js';
import { addPerson, type Person } from '../support/people.js';
import { freePort } from '../support/postgres-server.mjs';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let person: Person;
let home: string;
beforeAll(async () => {
  await installPackages();
  home = mkdtempSync(join(tmpdir(), 'bkend-inspector-'));
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
}, 300_000);
afterAll(async () => {
  await server?.close();
  if (home) rmSync(home, { recursive: true, force: true });
});

/** The Inspector's command line. `approve`: somebody is there to do what it asks for. */
async function inspect(args: string[], { approve }: { approve: boolean }) {
  let walked: Promise<void> | undefined;
  const walk = async (url: string) => {
    const browser = new HttpBrowser();
    let page = await browser.get(url);
    page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
    page = await browser.submit(page, 'Continue', { organization: person.organizationId });
    const { leftTo } = await browser.submit(page, 'Approve');
    await visit(leftTo!);
  };
  const run = await runPackage(
    '@modelcontextprotocol/inspector',
    'mcp-inspector',
    ['--cli', '--server-url', `${server.origin}/mcp`, '--format', 'json', ...args],
    {
      environment: { HOME: home, BROWSER: 'none', MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' },
      watch: (printed) => {
        const url = /http:\S+\/mcp\/oauth\/authorize\?[^\s"]+/.exec(printed)?.[0];
        if (approve && url) walked ??= walk(url);
      },
    },
  );
  await walked;
  return run;
}

/** At the Inspector's own server: its answers are not ours to judge. */
const visit = (url: string) => new Promise((resolve, reject) => get(url, resolve).on('error', reject));

/** In the console, as its person does. */
async function disconnect(): Promise<void> {
  const browser = new HttpBrowser();
  const [grant] = await server.query<{ id: string }>('SELECT id FROM grants WHERE revoked_at IS NULL');
  let page = await browser.get(`${server.origin}/console/connections/${grant!.id}/disconnect`);
  page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
  expect((await browser.submit(page, 'Disconnect')).html).toContain('disconnected');
}

describe('MCP Inspector, in its command-line form', () => {
  it('connects from nothing, keeps its token, renews it, and connects again after it was disconnected', async () => {
    const callback = ['--callback-url', `http://127.0.0.1:${await freePort()}/oauth/callback`];
    const listed = await inspect(['--method', 'tools/list', ...callback], { approve: true });
    expect(listed.code).toBe(0);
    const { result } = JSON.parse(listed.stdout) as { result: { tools: { name: string }[] } };
    expect(result.tools.map(({ name }) => name)).toContain('whoami');

    const whoami = ['--method', 'tools/call', '--tool-name', 'whoami', ...callback];
    for (const era of ['legacy', 'modern']) {
      const called = await inspect([...whoami, '--protocol-era', era], { approve: false });
      expect([era, called.code, called.stdout]).toEqual([era, 0, expect.stringContaining(person.email)]);
    }

    server.clock.advance(3_601);
    const renewed = await inspect(whoami, { approve: false });
    expect([renewed.code, renewed.stdout]).toEqual([0, expect.stringContaining(person.email)]);

    await disconnect();
    expect((await inspect([...whoami, '--stored-auth-only'], { approve: false })).code).not.toBe(0);
    const again = await inspect(whoami, { approve: true });
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining(person.email)]);
  }, 120_000);
});
