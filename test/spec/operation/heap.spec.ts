import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newDatabase, type TestDatabase } from '../../support/databases.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { type ServerProcess, startProcess } from '../../support/server.js';

const METRICS_TOKEN = 'a token of the metrics';
const MB = 1024 * 1024;
/** What V8 would let the young generation grow to by itself is reached long before so many. */
const REQUESTS = 6_000;
const AT_ONCE = 100;

let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  database = await newDatabase('postgres');
  server = await startProcess(database, { METRICS_TOKEN, RATE_LIMITS: 'off' });
}, 60_000);
afterAll(async () => {
  await server?.kill('SIGKILL');
  await database?.remove();
});

it('the young generation stays small while the program is loaded, then grows with the work, and not beyond 8 MB', async () => {
  expect(await youngMb()).toBeLessThanOrEqual(2);
  for (let n = 0; n < REQUESTS; n += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, () => OAuthClient.register(server.origin)));
  const young = await youngMb();
  expect(young).toBeGreaterThan(2);
  expect(young).toBeLessThanOrEqual(8);
}, 120_000);

async function youngMb(): Promise<number> {
  const answer = await fetch(`${server.origin}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  const [, bytes] = /^nodejs_heap_space_size_total_bytes\{space="new"\} (\d+)/m.exec(await answer.text()) ?? [];
  return Number(bytes) / MB;
}
