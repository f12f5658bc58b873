import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { UserStanding } from '../../src/database/repositories/user-standing.repository.js';
import { WITHDRAWN_WITHIN } from '../../src/jwt/key-ring.js';
import { runCommand } from '../support/command-line.js';
import { DatabaseLink } from '../support/database-link.js';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { callMcp, OAuthClient } from '../support/oauth-client.js';
import { expectError } from '../support/outcomes.js';
import { addPerson, addPersonAt } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { type ServerProcess, startProcess, startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

/** More than a request waits for an answer. */
const LONG = 6_500;
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the database says nothing', () => {
  let database: TestDatabase;
  let link: DatabaseLink;
  let node: ServerProcess;

  /** A node with a wire to its database that can be disturbed. */
  beforeEach(async () => {
    database = await newDatabase('postgres');
    link = await DatabaseLink.to(database.url!);
    node = await startProcess({ variables: { ...database.variables, DATABASE_URL: link.url } });
  }, 120_000);
  afterEach(async () => {
    watch.faultsExpected = false;
    await node?.kill('SIGKILL');
    link?.close();
    await database?.remove();
  });

  it('to anybody: 503 with Retry-After and never a refusal, in a time that is bounded; then all is well', async () => {
    const client = await OAuthClient.register(node.origin);
    const tokens = await client.connect(await addPersonAt(database.url!, 'ann@example.com'));
    watch.faultsExpected = true;
    link.swallowAnswers();
    for (const answer of await Promise.all([
      client.refresh(tokens.refresh_token),
      client.exchange('x'),
      client.revoke(tokens.refresh_token),
    ])) {
      expectError(answer, 'temporarily_unavailable', 503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const page = await fetch(`${node.origin}/console`, { headers: { cookie: `bkend-session=${'a'.repeat(43)}` } });
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect((await fetch(`${node.origin}/health/ready`)).status).toBe(503);
    expect((await fetch(`${node.origin}/mcp/oauth/jwks`)).status).toBe(200);
    link.mend();
    const again = await eventually(async () => {
      const answer = await client.connect(await addPersonAt(database.url!, `${Math.random()}@example.com`));
      expect((await callMcp(node.origin, answer.access_token)).status).toBe(200);
      return answer;
    });
    watch.faultsExpected = false;
    expect((await client.refresh(again.refresh_token)).status).toBe(200);
  }, 120_000);

  it('on connections that a firewall forgot: they are replaced, and the lists of what was withdrawn go on', async () => {
    const other = await startProcess(database, { PUBLIC_URL: node.origin });
    const client = await OAuthClient.register(node.origin);
    const person = await addPersonAt(database.url!, 'ann@example.com');
    const [one, two] = [await client.connect(person), await client.again().connect(person)];
    watch.faultsExpected = true;
    link.forget();
    // Each of those that were open is met, and left, by somebody.
    await Promise.all(Array.from({ length: 12 }, () => client.refresh('x').then(() => client.exchange('x'))));
    await wait(LONG);
    watch.faultsExpected = false;
    await client.at(other.address).revoke(one.refresh_token);
    await wait(2_000);
    expect((await callMcp(node.origin, one.access_token)).status).toBe(401);
    expect((await callMcp(node.origin, two.access_token)).status).toBe(200);
    const { kid } = decodeProtectedHeader(two.access_token);
    expect(runCommand(database, ['keys', 'withdraw', kid!]).status).toBe(0);
    await wait(WITHDRAWN_WITHIN * 1000);
    expect((await callMcp(node.origin, two.access_token)).status).toBe(401);
    await other.kill('SIGTERM');
  }, 120_000);

  it('while somebody waits for another: the wire breaks, they are told to come back, and the process lives', async () => {
    const client = await OAuthClient.register(node.origin);
    const person = await addPersonAt(database.url!, 'ann@example.com');
    const { browser, page } = await client.toApproval(person);
    watch.faultsExpected = true;
    await Witness.of(database.url).whileHeld(
      'SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE',
      [person.organizationId],
      async () => {
        const approved = browser.submit(page, 'Approve');
        await Witness.of(database.url).untilWaiting(1);
        link.sever();
        expect((await approved).status).toBe(503);
      },
    );
    link.mend();
    watch.faultsExpected = false;
    expect((await browser.submit(page, 'Approve')).leftTo).toContain('code=');
  }, 120_000);
});

describe('the database is busy', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ database: 'postgres' });
  });
  afterAll(() => server?.close());

  it('what goes through very many rows takes its time; what waits for it is told to come back', async () => {
    const person = await addPerson(server.app, 'bob@example.com');
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(person);
    const standing = server.app.get(UserStanding, { strict: false });
    const witness = Witness.of(server.config.databaseUrl);
    watch.faultsExpected = true;
    const { ending, refreshed } = await witness.whileHeld('SELECT 1 FROM grants FOR UPDATE', [], async () => {
      const waiting = {
        ending: standing.disconnectTools(person.id, server.clock.now(), person.id),
        refreshed: client.refresh(tokens.refresh_token),
      };
      await witness.untilWaiting(2);
      await wait(LONG);
      return waiting;
    });
    expectError(await refreshed, 'temporarily_unavailable', 503);
    watch.faultsExpected = false;
    expect((await ending).live).toBe(1);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
  }, 120_000);

  it('what was given up ends there too, and does not pile up beside what is asked again', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(await addPerson(server.app, 'cy@example.com'));
    const witness = Witness.of(server.config.databaseUrl);
    watch.faultsExpected = true;
    await witness.whileHeld('SELECT 1 FROM grants FOR UPDATE', [], async () => {
      const refreshed = client.refresh(tokens.refresh_token);
      await witness.untilWaiting(1);
      expectError(await refreshed, 'temporarily_unavailable', 503);
      await eventually(async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        expect(await witness.query(waiting)).toEqual([]);
      });
    });
    watch.faultsExpected = false;
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  }, 120_000);
});
