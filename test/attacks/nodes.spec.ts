import { execFileSync } from 'node:child_process';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { WITHDRAWN_WITHIN } from '../../src/jwt/key-ring.js';
import { newDatabase, type TestDatabase } from '../support/databases.js';
import { invariantsHold } from '../support/invariants.js';
import { OAuthClient, type Tokens } from '../support/oauth-client.js';
import { addPersonAt, PASSWORD, type Person } from '../support/people.js';
import { HttpBrowser } from '../support/http-browser.js';
import { Witness } from '../support/row-lock.js';
import { SECRET, type ServerProcess, startNodes } from '../support/server.js';

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** What is revoked is dead everywhere after this many milliseconds (DEC5). */
const BOUND = 2_000;

let database: TestDatabase;
let nodes: [ServerProcess, ServerProcess];
let person: Person;
let registered: OAuthClient;

beforeAll(async () => {
  database = await newDatabase('postgres');
  nodes = await startNodes(database, { RATE_LIMITS: 'postgres' });
  person = await addPersonAt(database.url!, 'ann@example.com');
  registered = await OAuthClient.register(nodes[0].origin);
}, 60_000);
afterAll(async () => {
  await Promise.all((nodes ?? []).map((node) => node.kill('SIGTERM')));
  await invariantsHold(Witness.of(database.url));
  await database?.remove();
});

/** The status of a tool list at one node, asked by the server's own name. */
function mcpAt(node: ServerProcess, token: string): Promise<number> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  const headers = {
    host: new URL(nodes[0].origin).host,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    request(`${node.address}/mcp`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode!))
      .once('error', reject)
      .end(body);
  });
}

const cli = (...args: string[]) =>
  execFileSync(process.execPath, ['dist/cli.js', ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      SECRETS: SECRET,
      PUBLIC_URL: nodes[0].origin,
      ...database.variables,
    },
  });

async function connected(): Promise<Tokens> {
  const tokens = await registered.again().connect(person);
  for (const node of nodes) expect(await mcpAt(node, tokens.access_token)).toBe(200);
  return tokens;
}

describe('several nodes', () => {
  it('J11 U1 a token revoked at one node is dead at the other within 2 s, at its own at once', async () => {
    const tokens = await connected();
    expect((await registered.at(nodes[0].address).revoke(tokens.access_token)).status).toBe(200);
    expect(await mcpAt(nodes[0], tokens.access_token)).toBe(401);
    await wait(BOUND);
    expect(await mcpAt(nodes[1], tokens.access_token)).toBe(401);
  });

  it('J11 disconnected in the console, password changed, person disabled: dead everywhere within 2 s', async () => {
    const disconnected = await connected();
    const browser = new HttpBrowser();
    const login = await browser.get(`${nodes[0].address}/console/login`);
    await browser.submit(login, 'Log in', { email: person.email, password: PASSWORD });
    const connections = await browser.get(`${nodes[0].address}/console/connections`);
    const href = /href="([^"]*disconnect[^"]*)"/.exec(connections.html)![1]!;
    await browser.submit(await browser.get(new URL(href, nodes[0].address).href), 'Disconnect');
    await wait(BOUND);
    for (const node of nodes) expect(await mcpAt(node, disconnected.access_token)).toBe(401);

    const changed = await connected();
    execFileSync(process.execPath, ['dist/cli.js', 'user', 'set-password', person.email], {
      input: `${PASSWORD}\n`,
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'test',
        SECRETS: SECRET,
        PUBLIC_URL: nodes[0].origin,
        ...database.variables,
      },
    });
    await wait(BOUND);
    for (const node of nodes) expect(await mcpAt(node, changed.access_token)).toBe(401);

    const bob = await addPersonAt(database.url!, 'bob@example.com', { organization: 'Bobs' });
    const disabled = await registered.again().connect(bob);
    cli('user', 'disable', bob.email);
    await wait(BOUND);
    for (const node of nodes) expect(await mcpAt(node, disabled.access_token)).toBe(401);
    expect((await registered.refresh(disabled.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
  }, 60_000);

  it('agree on one signing key, before and after a rotation, and go on believing the old one', async () => {
    const kids = async () => {
      const tokens = await Promise.all(
        nodes.map(
          async (node) =>
            (await registered.at(node.address).refresh((await registered.again().connect(person)).refresh_token))
              .json as unknown as Tokens,
        ),
      );
      for (const { access_token } of tokens)
        for (const node of nodes) expect(await mcpAt(node, access_token)).toBe(200);
      const used = new Set(tokens.map(({ access_token }) => decodeProtectedHeader(access_token).kid));
      expect(used.size).toBe(1);
      return { kid: [...used][0], tokens };
    };
    const published = async () =>
      ((await (await fetch(`${nodes[1].address}/mcp/oauth/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(
        ({ kid }) => kid,
      );
    const before = await kids();
    expect(await published()).toHaveLength(2);
    expect(() => cli('keys', 'rotate')).toThrow(/published too recently/);
    expect((await kids()).kid).toBe(before.kid);
    // Published before it is used: the next key is in the set already.
    const next = (await published()).find((kid) => kid !== before.kid);
    expect(cli('keys', 'rotate', '--force')).toContain(next);
    await wait(BOUND);
    const after = await kids();
    expect(after.kid).toBe(next);
    expect(await published()).toHaveLength(3);
    for (const { access_token } of before.tokens)
      for (const node of nodes) expect(await mcpAt(node, access_token)).toBe(200);
    expect(cli('keys', 'list')).toMatch(/retired[\s\S]*current[\s\S]*next/);
  }, 60_000);

  it('L7 J16 a withdrawn key is believed nowhere within the stated time; tools go on by their refresh tokens', async () => {
    const tokens = await connected();
    const { kid } = decodeProtectedHeader(tokens.access_token);
    const operator = await addPersonAt(database.url!, 'operator@example.com', { none: true });
    await Witness.of(database.url).query('UPDATE users SET operator = true WHERE id = $1', [operator.id]);
    const browser = new HttpBrowser();
    const login = await browser.get(`${nodes[0].address}/console/login`);
    await browser.submit(login, 'Log in', { email: operator.email, password: PASSWORD });
    const page = await browser.get(`${nodes[0].address}/console/operator/keys/${kid}/withdraw`);
    expect((await browser.submit(page, 'Withdraw a leaked key', { confirm: 'another' })).status).toBe(400);
    for (const node of nodes) expect(await mcpAt(node, tokens.access_token)).toBe(200);

    // Calls go on all the while, at both nodes, with the token they have verified and remember; not so fast that what
    // no key is known for would pass for guessing.
    const over = new AbortController();
    const answers: { node: number; asked: number; status: number }[] = [];
    const calling = nodes.map(async (node, index) => {
      while (!over.signal.aborted) {
        answers.push({ node: index, asked: Date.now(), status: await mcpAt(node, tokens.access_token) });
        await wait(5);
      }
    });
    await browser.submit(page, 'Withdraw a leaked key', { confirm: kid });
    const bound = Date.now() + WITHDRAWN_WITHIN * 1000;
    await wait(WITHDRAWN_WITHIN * 1000 + 500);
    over.abort();
    await Promise.all(calling);
    for (const node of [0, 1]) {
      const late = answers.filter((one) => one.node === node && one.asked > bound);
      expect(late.length).toBeGreaterThan(0);
      expect(late.filter(({ status }) => status !== 401)).toEqual([]);
    }
    for (const node of nodes) {
      const { keys } = (await (await fetch(`${node.address}/mcp/oauth/jwks`)).json()) as { keys: { kid: string }[] };
      expect(keys.map((key) => key.kid)).not.toContain(kid);
      const again = await registered.at(node.address).refresh(tokens.refresh_token);
      const { access_token } = again.json as unknown as Tokens;
      expect(decodeProtectedHeader(access_token).kid).not.toBe(kid);
      for (const other of nodes) expect(await mcpAt(other, access_token)).toBe(200);
    }
    expect(() => cli('keys', 'withdraw', kid!)).toThrow(/No key of the ring/);
    const [event] = await Witness.of(database.url).query<{ detail: object }>(
      `SELECT detail FROM audit_events WHERE action = 'signing_key.withdrawn'`,
    );
    expect(event!.detail).toEqual({ kid, stage: 'current', by: operator.id });
    const signing = decodeProtectedHeader((await connected()).access_token).kid!;
    expect(cli('keys', 'withdraw', signing)).toContain('Withdrawn');
  }, 60_000);

  it('count wrong passwords together (E6)', async () => {
    const tries = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const browser = new HttpBrowser();
        const login = await browser.get(`${nodes[index % 2]!.address}/console/login`);
        return (await browser.submit(login, 'Log in', { email: 'victim@example.com', password: 'wrong wrong wrong' }))
          .status;
      }),
    );
    expect(tries.filter((status) => status === 401)).toHaveLength(10);
    expect(tries.filter((status) => status === 429)).toHaveLength(2);
  });
});
