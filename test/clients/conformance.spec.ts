import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { HttpBrowser } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { installPackages, runPackage } from '../support/packages.js';
import { addPersonAt, type Person } from '../support/people.js';
import { freePort } from '../support/postgres-server.mjs';
import { ReverseProxy } from '../support/reverse-proxy.js';
import { type ServerProcess, startProcess } from '../support/server.js';

const PACKAGE = '@modelcontextprotocol/conformance';
/** Checks that fail or warn, by the reason why that is right here. */
const BASELINE = JSON.parse(readFileSync('test/clients/conformance-baseline.json', 'utf8')) as Record<string, string[]>;

interface Checked {
  readonly scenario: string;
  readonly id: string;
  readonly status: string;
}

let database: TestDatabase;
let proxy: ReverseProxy;
let server: ServerProcess;
let person: Person;
let folder: string;
beforeAll(async () => {
  await installPackages();
  folder = mkdtempSync(join(tmpdir(), 'bkend-conformance-'));
  database = await newDatabase('postgres');
  proxy = await ReverseProxy.start();
  server = await startProcess(database, { PUBLIC_URL: proxy.origin });
  proxy.target = server.address;
  person = await addPersonAt(database.url!, 'ann@example.com');
}, 300_000);
afterAll(async () => {
  await server?.kill('SIGTERM');
  proxy?.close();
  await database?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Every check the suite wrote down below this folder, with its scenario. */
function checksIn(path: string): Checked[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('checks.json'))
    .flatMap((file) => {
      const scenario = dirname(file).replace(/^(?:server-)?(.+)-\d{4}-\d\d-\d\dT.*$/, '$1');
      const checks = JSON.parse(readFileSync(join(path, file), 'utf8')) as Omit<Checked, 'scenario'>[];
      return checks.map(({ id, status }) => ({ scenario, id, status }));
    });
}

describe('@modelcontextprotocol/conformance', () => {
  it('authorization: both scenarios, no warning', async () => {
    const port = await freePort();
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const { registered } = await OAuthClient.register(proxy.origin, { redirect_uris: [redirectUri] });
    const issuer = `${proxy.origin}/mcp`;
    const results = join(folder, 'authorization');
    let walked: Promise<void> | undefined;
    const walk = async (url: string) => {
      const browser = new HttpBrowser();
      let page = await browser.get(url);
      page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
      page = await browser.submit(page, 'Continue', { organization: person.organizationId });
      await fetch((await browser.submit(page, 'Approve')).leftTo!);
    };
    const { code } = await runPackage(
      PACKAGE,
      'conformance',
      [
        'authorization',
        '--url',
        issuer,
        '--client-id',
        registered.client_id,
        '--resource',
        issuer,
        '-p',
        String(port),
        '-o',
        results,
      ],
      {
        watch: (printed) => {
          const url = /http\S+\/mcp\/oauth\/authorize\?\S+/.exec(printed)?.[0];
          if (url) walked ??= walk(url);
        },
      },
    );
    await walked;
    const checks = checksIn(results);
    expect(checks.map(({ id, status }) => [id, status])).toEqual(checks.map(({ id }) => [id, 'SUCCESS']));
    expect(checks.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['authorization-server-metadata', 'authorization-server-metadata-cimd']),
    );
    expect(checks.length).toBeGreaterThanOrEqual(3);
    expect(code).toBe(0);
  }, 120_000);

  it.each(['2025-11-25', '2026-07-28'])(
    'server, revision %s: all but what the baseline explains, behind a proxy that adds the token',
    async (revision) => {
      const { access_token: token } = await (await OAuthClient.register(proxy.origin)).connect(person);
      proxy.meddle = ({ url }) => (url === '/mcp' ? { headers: { authorization: `Bearer ${token}` } } : {});
      const results = join(folder, revision);
      const args = ['server', '--url', `${proxy.origin}/mcp`, '--requirements', revision, '-o', results];
      await runPackage(PACKAGE, 'conformance', args);
      const checks = checksIn(results);
      const failed = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
      const explained = Object.values(BASELINE).flat();
      expect(failed.map(({ scenario, id }) => `${revision} ${scenario} ${id}`).toSorted()).toEqual(
        explained.filter((one) => one.startsWith(revision)).toSorted(),
      );
      expect(checks.filter(({ status }) => status === 'SUCCESS').length).toBeGreaterThan(30);
    },
    180_000,
  );
});
