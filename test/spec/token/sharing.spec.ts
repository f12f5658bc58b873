import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { Grants, type RefreshProof } from '../../../src/database/repositories/grants.repository.js';
import { Sharing } from '../../../src/database/shared-statement.js';
import { Statements } from '../../../src/database/statements.js';
import { RefreshTokens } from '../../../src/grants/refresh-tokens.js';
import { hashSecret } from '../../../src/oauth/secret.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';

const MANY = 12;
const SHARED = ['grant_exchange', 'grant_refresh', 'grant_revoke'];
/** So many connections of a tool, and the tokens of each. */
async function connectedTo(registered: OAuthClient, person: Person, count: number) {
  const all: { client: OAuthClient; tokens: Tokens }[] = [];
  for (let one = 0; one < count; one++) {
    const client = registered.again();
    all.push({ client, tokens: await client.connect(person) });
  }
  return all;
}
const sidOf = ({ access_token }: Tokens) => decodeJwt(access_token)['sid'] as string;

describe.each(BOTH_DATABASES)('what is asked at once shares a statement, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let registered: OAuthClient;

  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    person = await addPerson(server.app, 'ann@example.com');
    registered = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());

  /** The names of the statements on single grants that are run meanwhile. The first ones take until all MANY have asked. */
  async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
    const statements = server.app.get(Statements, { strict: false });
    const original = statements.run.bind(statements);
    const ask = jest.spyOn(Sharing.prototype, 'ask');
    const run = jest.spyOn(statements, 'run').mockImplementation(async (statement, values) => {
      while (SHARED.includes(statement.name) && ask.mock.calls.length < MANY) await setTimeout(1);
      return original(statement, values);
    });
    try {
      await work();
      return run.mock.calls.map(([{ name }]) => name).filter((name) => name.startsWith('grant_'));
    } finally {
      run.mockRestore();
      ask.mockRestore();
    }
  }

  const connected = (count: number) => connectedTo(registered, person, count);
  const grants = () => server.app.get(Grants, { strict: false });
  const later = () => new Date(server.clock.now().getTime() + 60_000);

  function proofOf({ refresh_token }: Tokens): RefreshProof {
    const { grantId, generation, secret } = server.app.get(RefreshTokens, { strict: false }).read(refresh_token)!;
    return {
      grantId,
      generation,
      secretHash: hashSecret(secret),
      clientDigest: hashSecret(registered.registered.client_id),
    };
  }
  const refresh = (proof: RefreshProof) => grants().refresh(proof, server.clock.now(), later(), '127.0.0.1');

  it('many refreshes: few statements, and each gets its own', async () => {
    const all = await connected(MANY);
    const sids: string[] = [];
    const statements = await statementsOf(async () => {
      const answers = await Promise.all(all.map(({ client, tokens }) => client.refresh(tokens.refresh_token)));
      expect(answers.map(({ status }) => status)).toEqual(Array(MANY).fill(200));
      sids.push(...answers.map(({ json }) => sidOf(json as unknown as Tokens)));
    });
    expect(sids).toEqual(all.map(({ tokens }) => sidOf(tokens)));
    expect(new Set(statements)).toEqual(new Set(['grant_refresh']));
    expect(statements.length).toBeLessThan(MANY);
  });

  it('many codes: few statements, and each gets its own', async () => {
    const clients = Array.from({ length: MANY }, () => registered.again());
    const codes: string[] = [];
    for (const client of clients) codes.push(await client.code(person));
    const statements = await statementsOf(async () => {
      const answers = await Promise.all(clients.map((client, one) => client.exchange(codes[one]!)));
      expect(new Set(answers.map(({ json }) => sidOf(json as unknown as Tokens))).size).toBe(MANY);
    });
    expect(statements.filter((name) => name === 'grant_exchange').length).toBeLessThan(MANY);
    expect(statements).not.toContain('grant_exchange_alone');
  });

  it('many revocations: few statements, an event each', async () => {
    const all = await connected(MANY);
    const statements = await statementsOf(() =>
      Promise.all(all.map(({ client, tokens }) => client.revoke(tokens.refresh_token))),
    );
    expect(statements.filter((name) => name === 'grant_revoke').length).toBeLessThan(MANY);
    const events = await server.query<{ grant_id: string }>(
      `SELECT grant_id FROM audit_events WHERE action = 'grant.revoked' AND grant_id = ANY ($1)`,
      [all.map(({ tokens }) => sidOf(tokens))],
    );
    expect(events.map(({ grant_id }) => grant_id).toSorted()).toEqual(
      all.map(({ tokens }) => sidOf(tokens)).toSorted(),
    );
  });

  it('the same step twice in one statement is taken once', async () => {
    const [one] = await connected(1);
    const proof = proofOf(one!.tokens);
    const taken = await Promise.all([refresh(proof), refresh(proof), refresh(proof)]);
    expect(taken.filter((grant) => grant !== undefined)).toHaveLength(1);
    expect(await server.query('SELECT generation FROM grants WHERE id = $1', [proof.grantId])).toEqual([
      { generation: 2 },
    ]);
  });

  it('nobody gets what another may: a wrong secret, client, resource or scope beside right ones', async () => {
    const all = (await connected(5)).map(({ tokens }) => proofOf(tokens));
    const taken = await Promise.all([
      refresh(all[0]!),
      refresh({ ...all[1]!, secretHash: all[0]!.secretHash }),
      refresh({ ...all[2]!, clientDigest: hashSecret('another') }),
      refresh({ ...all[3]!, resource: 'https://elsewhere.example/mcp' }),
      refresh({ ...all[4]!, scopes: ['projects:admin'] }),
    ]);
    expect(taken.map((grant) => grant?.id)).toEqual([all[0]!.grantId, undefined, undefined, undefined, undefined]);
  });

  it('what PostgreSQL cannot read fails by itself', async () => {
    const all = (await connected(4)).map(({ tokens }) => proofOf(tokens));
    const taken = await Promise.allSettled(
      [...all, { ...all[0]!, resource: '\0' }, { ...all[0]!, grantId: 'none' }].map(refresh),
    );
    expect(taken.map(({ status }) => status)).toEqual([...Array<string>(4).fill('fulfilled'), 'rejected', 'rejected']);
    expect(taken.slice(0, 4).map((one) => (one as PromiseFulfilledResult<{ id: string }>).value.id)).toEqual(
      all.map(({ grantId }) => grantId),
    );
  });

  it('statements that hang make room for others after a second', async () => {
    const [first, second, third] = await connected(3);
    const statements = server.app.get(Statements, { strict: false });
    const original = statements.run.bind(statements);
    const refreshes: unknown[] = [];
    const run = jest.spyOn(statements, 'run').mockImplementation((statement, values) => {
      const hangs = statement.name === 'grant_refresh' && refreshes.push(values) <= 2;
      return hangs ? new Promise<never>(() => undefined) : original(statement, values);
    });
    try {
      for (const one of [first!, second!]) {
        void refresh(proofOf(one.tokens));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await third!.client.refresh(third!.tokens.refresh_token)).status).toBe(200);
      expect(refreshes).toHaveLength(3);
    } finally {
      run.mockRestore();
    }
  });
});

describe('what is asked at once, on a PostgreSQL where a row is locked', () => {
  let server: TestServer;
  let person: Person;
  let registered: OAuthClient;
  let witness: Witness;

  beforeAll(async () => {
    server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
    witness = Witness.of(server.config.databaseUrl);
    person = await addPerson(server.app, 'ann@example.com');
    registered = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());

  it('who waits for a row waits alone, and is answered when it is free', async () => {
    const [blocked, ...free] = await connectedTo(registered, person, 4);
    const waiting = await witness.releaseTogether(
      'SELECT 1 FROM grants WHERE id = $1 FOR UPDATE',
      [sidOf(blocked!.tokens)],
      1,
      async () => {
        const stands = blocked!.client.refresh(blocked!.tokens.refresh_token);
        // More often than statements may be under way, while the first still stands there.
        for (let round = 0; round < 4; round++) {
          const answers = await Promise.all(free.map(({ client, tokens }) => client.refresh(tokens.refresh_token)));
          expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
          for (const [one, { json }] of answers.entries()) free[one]!.tokens = json as unknown as Tokens;
        }
        return stands;
      },
    );
    expect(waiting.status).toBe(200);
  });

  it('a connection that ends meanwhile is not renewed', async () => {
    const [ending, other] = await connectedTo(registered, person, 2);
    const end = 'UPDATE grants SET revoked_at = now(), revoked_because = $2 WHERE id = $1';
    const answers = await witness.releaseTogether(
      end,
      [sidOf(ending!.tokens), 'disconnected'],
      1,
      () => Promise.all([ending!, other!].map(({ client, tokens }) => client.refresh(tokens.refresh_token))),
      'COMMIT',
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 200]);
    expect(answers[0]!.json).toMatchObject({ error: 'invalid_grant' });
  });
});
