import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import autocannon from 'autocannon';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { OAuthClient } from '../support/oauth-client.js';
import { type ServerProcess, startProcess } from '../support/server.js';

/** With four values each. */
const REQUESTS = 25_000;

let folder: string;
let database: TestDatabase;
let node: ServerProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bkend-kept-'));
  database = await newDatabase('postgres');
  node = await startProcess(database, { NODE_OPTIONS: `--heapsnapshot-signal=SIGCONT --diagnostic-dir=${folder}` });
}, 60_000);
afterAll(async () => {
  await node?.kill('SIGTERM');
  await database?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything the server holds in memory, after it has thrown away what it can: strings are in it as they are. */
async function heap(): Promise<string> {
  // A signal that the server itself does nothing about.
  node.child.kill('SIGCONT');
  const file = await eventually(async () => {
    const name = readdirSync(folder).find((one) => one.endsWith('.heapsnapshot'));
    if (!name) throw new Error('no snapshot yet');
    return join(folder, name);
  }, 60);
  // It writes in one go, and answers again when that is done.
  await eventually(async () => expect((await fetch(`${node.origin}/health/live`)).status).toBe(200), 240);
  return readFileSync(file, 'latin1');
}

it('B15 of a hundred thousand distinct hints, huge and hostile ones among them, none is kept', async () => {
  const client = await OAuthClient.register(node.origin);
  const begin = client.authorizeUrl().slice(node.origin.length);
  let serial = 0;
  const hint = () => {
    const one = `needle-${serial++}-`;
    return serial % 100 === 0 ? one.padEnd(2_000, 'x') : `${one}"><svg onload=alert(1)>\u202e${'{{7*7}}'}`;
  };
  const result = await autocannon({
    url: node.origin,
    amount: REQUESTS,
    connections: 50,
    requests: [
      {
        setupRequest: (request) => {
          const hints = new URLSearchParams({ ui_locales: hint(), login_hint: hint(), acr_values: hint() });
          return { ...request, path: `${begin}&${hints}`, headers: { 'accept-language': `x-needle-${serial++}` } };
        },
      },
    ],
  });
  // Each was answered with the page to log in at, as if nothing had been hinted.
  expect(result.statusCodeStats).toEqual({ 303: { count: REQUESTS } });
  expect(serial).toBeGreaterThanOrEqual(4 * REQUESTS);
  const held = await heap();
  // What is kept would be seen: the client is, which asked each time.
  expect(held).toContain(client.registered.client_id);
  const kept = new Set(held.match(/needle-\d+/g));
  expect(kept.size).toBeLessThan(50);
}, 600_000);
