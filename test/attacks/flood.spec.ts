import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import autocannon from 'autocannon';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { RINGS } from '../../src/recorder/recorder.service.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPersonAt } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { type ServerProcess, startProcess } from '../support/server.js';

const REQUESTS = 100_000;

let database: TestDatabase;
let node: ServerProcess;

beforeAll(async () => {
  database = await newDatabase('postgres');
  node = await startProcess(database);
  await addPersonAt(database.url!, 'ann@example.com');
}, 60_000);
afterAll(async () => {
  await node?.kill('SIGTERM');
  await database?.remove();
});

/** How many rows each table has. */
async function rows(): Promise<Record<string, number>> {
  const witness = Witness.of(database.url);
  const tables = await witness.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  const counts = await Promise.all(
    tables.map(async ({ name }) => [
      name,
      (await witness.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM "${name}"`))[0]!.rows,
    ]),
  );
  return Object.fromEntries(counts);
}

/** What people did before is sealed a moment later, and that is no stranger's doing. */
async function untilSealed(): Promise<void> {
  const unsealed = `SELECT 1 FROM audit_events e WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.event_id = e.id)`;
  for (let tries = 0; (await Witness.of(database.url).query(unsealed)).length > 0; tries++) {
    if (tries > 200) throw new Error('the log was never sealed');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('a hundred thousand anonymous requests of every kind write nothing, but steps in rings that do not grow', async () => {
  const client = await OAuthClient.register(node.origin);
  const { client_id } = client.registered;
  const login = await fetch(client.authorizeUrl(), { redirect: 'manual' });
  const browser = login.headers.getSetCookie()[0]!.split(';', 1)[0]!;
  const form = (parameters: Record<string, string>) => ({
    method: 'POST' as const,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(parameters).toString(),
  });
  const forgedCode = createHash('sha256').update('forged').digest('base64url');
  const forgedRefreshToken = Buffer.alloc(84, 7).toString('base64url');
  await untilSealed();
  const [before, begun] = [await rows(), performance.now()];
  const result = await autocannon({
    url: node.origin,
    amount: REQUESTS,
    connections: 50,
    requests: [
      {
        method: 'POST',
        path: '/mcp/oauth/register',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'Flood', redirect_uris: ['https://flood.example/cb'] }),
      },
      { path: client.authorizeUrl().slice(node.origin.length) },
      { path: login.headers.get('location')!, headers: { cookie: browser } },
      { path: '/console/login' },
      { path: '/mcp/oauth/authorize?client_id=nobody' },
      {
        path: '/mcp/oauth/token',
        ...form({ grant_type: 'authorization_code', code: forgedCode, code_verifier: 'v'.repeat(43), client_id }),
      },
      {
        path: '/mcp/oauth/token',
        ...form({ grant_type: 'refresh_token', refresh_token: forgedRefreshToken, client_id }),
      },
      { path: '/mcp/oauth/revoke', ...form({ token: forgedRefreshToken, client_id }) },
      {
        method: 'POST',
        path: '/mcp',
        headers: { authorization: 'Bearer forged.forged.forged', 'content-type': 'application/json' },
        body: '{}',
      },
      { method: 'POST', path: '/mcp', headers: { 'content-type': 'application/json' }, body: '{}' },
      { path: '/.well-known/oauth-protected-resource/mcp' },
      { path: '/.well-known/oauth-authorization-server' },
      { path: '/.well-known/openid-configuration' },
      { path: '/mcp/oauth/jwks' },
    ],
  });
  expect({ answered: result.requests.total, '5xx': result['5xx'], errors: result.errors }).toEqual({
    answered: REQUESTS,
    '5xx': 0,
    errors: 0,
  });
  // Each kind was answered as what it is, and forged credentials with a word to stop in the end.
  expect(Object.keys(result.statusCodeStats ?? {}).toSorted()).toEqual([
    '200',
    '201',
    '303',
    '400',
    '401',
    '404',
    '429',
  ]);
  const { attempt_steps: steps = 0, ...after } = await rows();
  expect(after).toEqual(Object.fromEntries(Object.entries(before).filter(([table]) => table !== 'attempt_steps')));
  // What one address is allowed of two rings in the minutes it took, and nothing in the ring of people.
  const minutes = Math.ceil((performance.now() - begun) / 60_000) + 1;
  expect(steps).toBeLessThanOrEqual((RINGS.stranger.perSource + RINGS.request.perSource) * minutes);
  const ofPeople = await Witness.of(database.url).query("SELECT 1 FROM attempt_steps WHERE ring = 'person'");
  expect(ofPeople).toEqual([]);
}, 900_000);
