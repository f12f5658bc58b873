import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseLink } from '../support/database-link.js';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { HttpBrowser } from '../support/http-browser.js';
import { invariantsHold } from '../support/invariants.js';
import { callMcp, OAuthClient, type Tokens } from '../support/oauth-client.js';
import { expectError } from '../support/outcomes.js';
import { addPersonAt, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { type ServerProcess, startProcess } from '../support/server.js';
import { watch } from '../support/watch.js';

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let database: TestDatabase;
let witness: Witness;
let person: Person;
let steady: ServerProcess;

beforeAll(async () => {
  database = await newDatabase('postgres');
  steady = await startProcess(database);
  witness = Witness.of(database.url);
  person = await addPersonAt(database.url!, 'ann@example.com');
}, 60_000);
afterAll(async () => {
  await steady?.kill('SIGTERM');
  await invariantsHold(witness);
  await database?.remove();
});

/** A second node of the same server, with a wire to its database that can be disturbed. */
async function disturbed(): Promise<{ node: ServerProcess; link: DatabaseLink; end: () => Promise<void> }> {
  const link = await DatabaseLink.to(database.url!);
  const node = await startProcess(
    { variables: { ...database.variables, DATABASE_URL: link.url } },
    { PUBLIC_URL: steady.origin },
  );
  const end = async () => {
    await node.kill('SIGKILL');
    link.close();
  };
  return { node, link, end };
}

async function untilGeneration(generation: number): Promise<void> {
  for (;;) {
    const [row] = await witness.query<{ generation: number }>(
      'SELECT generation FROM grants ORDER BY created_at DESC LIMIT 1',
    );
    if (row?.generation === generation) return;
    await wait(20);
  }
}

describe('faults', () => {
  it('killed (-9) after the refresh is committed and before it is answered: the retry gets the successor', async () => {
    const { node, link, end } = await disturbed();
    const client = await OAuthClient.register(steady.origin);
    const tokens = await client.connect(person);
    link.swallowAnswers();
    const lost = client
      .at(node.address)
      .refresh(tokens.refresh_token)
      .catch(() => 'no answer');
    await untilGeneration(2);
    await end();
    expect(await lost).toBe('no answer');
    const retried = await client.refresh(tokens.refresh_token);
    expect(retried.status).toBe(200);
    const next = retried.json as unknown as Tokens;
    expect((await client.refresh(next.refresh_token)).status).toBe(200);
    expect((await callMcp(steady.origin, next.access_token)).status).toBe(200);
  }, 60_000);

  it('the wire breaks while the database commits: 503, and the retry gets the successor', async () => {
    const { node, link, end } = await disturbed();
    const client = await OAuthClient.register(steady.origin);
    const tokens = await client.connect(person);
    watch.faultsExpected = true;
    link.swallowAnswers();
    const answer = client.at(node.address).refresh(tokens.refresh_token);
    await untilGeneration(2);
    link.sever();
    expectError(await answer, 'temporarily_unavailable', 503);
    watch.faultsExpected = false;
    link.mend();
    expect((await client.at(node.address).refresh(tokens.refresh_token)).status).toBe(200);
    await end();
  }, 60_000);

  it('the database is away: 503 with Retry-After and never a refusal; discovery and registration go on; then all is well', async () => {
    const own = await newDatabase('postgres');
    const link = await DatabaseLink.to(own.url!);
    const node = await startProcess({ variables: { ...own.variables, DATABASE_URL: link.url } });
    const client = await OAuthClient.register(node.origin);
    const tokens = await client.connect(await addPersonAt(own.url!, 'bob@example.com'));
    expect((await callMcp(node.origin, tokens.access_token)).status).toBe(200);
    watch.faultsExpected = true;
    link.sever();
    for (const answer of [
      await client.refresh(tokens.refresh_token),
      await client.exchange('x'),
      await client.revoke(tokens.refresh_token),
    ]) {
      expectError(answer, 'temporarily_unavailable', 503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const page = await fetch(`${node.origin}/console`, { headers: { cookie: `bkend-session=${'a'.repeat(43)}` } });
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    for (let n = 0; n < 2; n++, await wait(1_100))
      expect((await fetch(`${node.origin}/health/ready`)).status).toBe(503);
    expect(node.output().match(/The database does not answer: /g)).toHaveLength(1);
    expect((await fetch(`${node.origin}/health/live`)).status).toBe(200);
    for (const path of [
      '/.well-known/oauth-authorization-server/mcp',
      '/.well-known/oauth-protected-resource',
      '/mcp/oauth/jwks',
    ])
      expect((await fetch(node.origin + path)).status).toBe(200);
    const registered = await OAuthClient.register(node.origin);
    expect((await new HttpBrowser().get(registered.authorizeUrl())).status).toBe(200);
    // What was known a moment ago is good for ten seconds; then a token that might be revoked is not let in.
    expect((await callMcp(node.origin, tokens.access_token)).status).toBe(200);
    await wait(11_500);
    expect((await callMcp(node.origin, tokens.access_token)).status).toBe(503);
    link.mend();
    await wait(2_500);
    watch.faultsExpected = false;
    expect((await callMcp(node.origin, tokens.access_token)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    expect((await fetch(`${node.origin}/health/ready`)).status).toBe(200);
    expect(node.output().match(/The database answers again/g)).toHaveLength(1);
    await node.kill('SIGTERM');
    link.close();
    await own.remove();
  }, 60_000);
});
