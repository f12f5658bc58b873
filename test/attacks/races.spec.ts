import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { HttpBrowser } from '../support/http-browser.js';
import { invariantsHold } from '../support/invariants.js';
import { OAuthClient, type Answer, type Tokens } from '../support/oauth-client.js';
import { addPersonAt, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { type ServerProcess, startNodes } from '../support/server.js';

/** Each node has ten connections; the barrier needs every contender to stand at the lock at once. */
const CONTENDERS = 16;

let database: TestDatabase;
let nodes: [ServerProcess, ServerProcess];
let witness: Witness;
let person: Person;
let registered: OAuthClient;

beforeAll(async () => {
  database = await newDatabase('postgres');
  nodes = await startNodes(database);
  witness = Witness.of(database.url);
  person = await addPersonAt(database.url!, 'ann@example.com');
  registered = await OAuthClient.register(nodes[0].origin);
}, 60_000);
afterAll(async () => {
  await Promise.all((nodes ?? []).map((node) => node.kill('SIGTERM')));
  await invariantsHold(witness);
  await database?.remove();
});

/** The same request from so many at once, spread over both nodes. */
const spread = (client: OAuthClient, count: number, send: (at: OAuthClient) => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(client.at(nodes[index % 2]!.address))));
const sidOf = (tokens: Tokens) => decodeJwt(tokens.access_token)['sid'] as string;
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).toSorted();
const LOCK_GRANT = 'SELECT 1 FROM grants WHERE id = $1 FOR UPDATE';
const LOCK_NEWEST =
  'SELECT 1 FROM grants WHERE id = (SELECT id FROM grants ORDER BY created_at DESC LIMIT 1) FOR UPDATE';

describe('races, over two processes', () => {
  it('C3 one code, many redemptions at the row lock: one success, and the grant ends (DEC7)', async () => {
    const client = registered.again();
    const code = await client.code(person);
    const answers = await witness.releaseTogether(LOCK_NEWEST, [], CONTENDERS, () =>
      spread(client, CONTENDERS, (at) => at.exchange(code)),
    );
    expect(statuses(answers)).toEqual([200, ...Array<number>(CONTENDERS - 1).fill(400)]);
    for (const { status, json } of answers) if (status === 400) expect(json).toMatchObject({ error: 'invalid_grant' });
    const tokens = answers.find(({ status }) => status === 200)!.json as unknown as Tokens;
    expect((await client.refresh(tokens.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
  });

  it('C3 32 parallel redemptions of a code, 20 times, without a barrier: one success each', async () => {
    for (let round = 0; round < 20; round++) {
      const client = registered.again();
      const code = await client.code(person);
      const answers = await spread(client, 32, (at) => at.exchange(code));
      expect(statuses(answers)).toEqual([200, ...Array<number>(31).fill(400)]);
    }
  }, 60_000);

  it('F6 one refresh token, many refreshes at the row lock: all get the same successor', async () => {
    const client = registered.again();
    const first = await client.connect(person);
    const answers = await witness.releaseTogether(LOCK_GRANT, [sidOf(first)], CONTENDERS, () =>
      spread(client, CONTENDERS, (at) => at.refresh(first.refresh_token)),
    );
    expect(statuses(answers)).toEqual(Array(CONTENDERS).fill(200));
    expect(new Set(answers.map(({ json }) => json['refresh_token'])).size).toBe(1);
    expect(await witness.query('SELECT generation FROM grants WHERE id = $1', [sidOf(first)])).toEqual([
      { generation: 2 },
    ]);
  });

  it('F6 50 parallel refreshes of one token, 200 rounds: one successor each, no refusal', async () => {
    const client = registered.again();
    let current = await client.connect(person);
    const sid = sidOf(current);
    for (let round = 0; round < 200; round++) {
      const answers = await spread(client, 50, (at) => at.refresh(current.refresh_token));
      expect(answers.filter(({ status }) => status !== 200).map(({ json }) => json)).toEqual([]);
      expect(new Set(answers.map(({ json }) => json['refresh_token'])).size).toBe(1);
      current = answers[0]!.json as unknown as Tokens;
    }
    expect(await witness.query('SELECT generation FROM grants WHERE id = $1', [sid])).toEqual([{ generation: 201 }]);
  }, 240_000);

  it.each(['revoked first', 'refreshed first'])(
    'F11 revoking races refreshing (%s): afterwards no token lives',
    async (order) => {
      const client = registered.again();
      const tokens = await client.connect(person);
      const revoke = () => client.at(nodes[0].address).revoke(tokens.refresh_token);
      const refreshes = () => spread(client, 4, (at) => at.refresh(tokens.refresh_token));
      const answers = await witness.releaseTogether(LOCK_GRANT, [sidOf(tokens)], 5, async () => {
        if (order === 'revoked first') return (await Promise.all([revoke(), refreshes()])).flat();
        return (await Promise.all([refreshes(), revoke()])).flat();
      });
      for (const { status } of answers) expect([200, 400]).toContain(status);
      const held = [
        tokens.refresh_token,
        ...answers.map(({ json }) => json['refresh_token']).filter((token) => typeof token === 'string'),
      ];
      for (const token of held)
        expect((await client.refresh(token as string)).json).toMatchObject({ error: 'invalid_grant' });
      expect(await witness.query('SELECT revoked_because FROM grants WHERE id = $1', [sidOf(tokens)])).toEqual([
        { revoked_because: 'token_revoked' },
      ]);
    },
  );

  it('B6 one approval sent many times at the row lock: one code', async () => {
    const client = registered.again();
    const browser = new HttpBrowser();
    const { page } = await client.toApproval(person, { browser });
    const before = await witness.query('SELECT id FROM grants');
    const answers = await witness.releaseTogether(
      'SELECT 1 FROM clients WHERE id = (SELECT client_id FROM grants ORDER BY created_at DESC LIMIT 1) FOR UPDATE',
      [],
      CONTENDERS,
      () =>
        Promise.all(
          Array.from({ length: CONTENDERS }, (_, index) =>
            browser.submit({ ...page, url: page.url.replace(nodes[0].address, nodes[index % 2]!.address) }, 'Approve'),
          ),
        ),
    );
    expect(answers.filter(({ leftTo }) => leftTo?.includes('code=')).length).toBe(1);
    expect(answers.filter(({ status }) => status === 400).length).toBe(CONTENDERS - 1);
    expect((await witness.query('SELECT id FROM grants')).length).toBe(before.length + 1);
  });

  it('O4 a session that is ended while its approval is under way gives no connection', async () => {
    const browser = new HttpBrowser();
    const { page } = await registered.again().toApproval(person, { browser });
    const before = await witness.query('SELECT id FROM grants');
    const answer = await witness.releaseTogether(
      'DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE email = $1)',
      [person.email],
      1,
      () => browser.submit(page, 'Approve'),
      'COMMIT',
    );
    expect(answer.leftTo).toBeUndefined();
    expect((await witness.query('SELECT id FROM grants')).length).toBe(before.length);
  });

  it('B6 approved and denied at once: one answer', async () => {
    const browser = new HttpBrowser();
    const { page } = await registered.again().toApproval(person, { browser });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => browser.submit(page, index % 2 ? 'Approve' : 'Deny')),
    );
    expect(answers.filter(({ leftTo }) => leftTo !== undefined).length).toBe(1);
  });
});
