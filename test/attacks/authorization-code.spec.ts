import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../support/http-browser.js';
import { callMcp, OAuthClient, postForm, type Tokens } from '../support/oauth-client.js';
import { expectChallenge, expectError } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let person: Person;
let registered: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  registered = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

const tokensOf = (answer: { json: Record<string, unknown> }) => answer.json as unknown as Tokens;

describe('C: the authorization code', () => {
  it('C1 redeemed twice by who can prove it: everything of the grant is dead', async () => {
    const client = registered.again();
    const code = await client.code(person);
    const tokens = tokensOf(await client.exchange(code));
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expectError(await client.exchange(code), 'invalid_grant');
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    expectChallenge(await callMcp(server.origin, tokens.access_token), server.origin, 'invalid_token');
    expect(await server.query(`SELECT revoked_because FROM grants WHERE revoked_at IS NOT NULL`)).toContainEqual({
      revoked_because: 'code_replayed',
    });
  });

  it('C2 replayed without proof: the tokens stay good', async () => {
    const confidential = await OAuthClient.register(server.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    const other = await OAuthClient.register(server.origin, { client_name: 'Other' });
    const code = await confidential.code(person);
    const tokens = tokensOf(await confidential.exchange(code));
    expectError(await confidential.exchange(code, { code_verifier: 'w'.repeat(43) }), 'invalid_grant');
    expectError(await confidential.exchange(code, { client_secret: 'wrong' }), 'invalid_client', 401);
    expectError(await other.exchange(code, { code_verifier: confidential.verifier }), 'invalid_grant');
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect((await confidential.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('C4 good for ten minutes, by the clock', async () => {
    const [early, late] = [registered.again(), registered.again()];
    const codes = [await early.code(person), await late.code(person)];
    server.clock.advance(599 - 2);
    expect((await early.exchange(codes[0]!)).status).toBe(200);
    server.clock.advance(4);
    expectError(await late.exchange(codes[1]!), 'invalid_grant');
  });

  it('C5 redeemed by another client, even with the verifier: still good for its own', async () => {
    const client = registered.again();
    const other = await OAuthClient.register(server.origin, { client_name: 'Other' });
    const code = await client.code(person);
    expectError(await other.exchange(code, { code_verifier: client.verifier }), 'invalid_grant');
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('C6 nothing else is a code, and a code is nothing else', async () => {
    const client = registered.again();
    const browser = new HttpBrowser();
    const tokens = await client.connect(person, { browser });
    const code = await client.again().code(person);
    for (const wrong of [tokens.refresh_token, tokens.access_token, ...browser.cookies.values()])
      expectError(await client.exchange(wrong), 'invalid_grant');
    expectError(await client.refresh(code), 'invalid_grant');
    expectError(await client.refresh(tokens.access_token), 'invalid_grant');
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('C7 to the last character', async () => {
    const client = registered.again();
    const code = await client.code(person);
    const flipped = code.replace(/[a-zA-Z]/, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    for (const wrong of [
      code.slice(0, -1),
      `${code}A`,
      flipped,
      encodeURIComponent(`%${code}`),
      ` ${code}`,
      `${code} `,
      code.slice(0, 10),
    ]) {
      expectError(await client.exchange(wrong), 'invalid_grant');
    }
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('C8 256 random bits', async () => {
    const browser = new HttpBrowser();
    const codes: string[] = [];
    while (codes.length < 50) codes.push(await registered.again().code(person, { browser }));
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
    // No position is the same in all of them: no prefix of time, person or client.
    for (let position = 0; position < 42; position++)
      expect(new Set(codes.map((code) => code[position])).size).toBeGreaterThan(5);
  });

  it.each([
    [
      'the person is disabled',
      (id: string) => server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]),
    ],
    [
      'the person left the organization',
      (id: string) => server.query('DELETE FROM memberships WHERE user_id = $1', [id]),
    ],
    [
      'the client is blocked',
      (id: string) =>
        server.query(
          'UPDATE clients SET blocked_at = now() WHERE id = (SELECT client_id FROM grants WHERE user_id = $1)',
          [id],
        ),
    ],
    [
      'the approval is taken back',
      (id: string) =>
        server.query(`UPDATE grants SET revoked_at = now(), revoked_because = 'disconnected' WHERE user_id = $1`, [id]),
    ],
  ])('C9 %s before it is redeemed', async (what, change) => {
    const somebody = await addPerson(server.app, `${what.replaceAll(' ', '-')}@example.com`);
    const client = await OAuthClient.register(server.origin, { client_name: what });
    const code = await client.code(somebody);
    await change(somebody.id);
    expectError(await client.exchange(code), 'invalid_grant');
  });

  it('C10 for a resource that was not granted: the code stays good', async () => {
    const client = registered.again();
    const code = await client.code(person);
    for (const resource of [
      'https://other.example/mcp',
      `${server.origin}/mcp#x`,
      `${server.origin}/other`,
      'nonsense',
    ]) {
      expectError(await client.exchange(code, { resource }), 'invalid_target');
    }
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('C11 scope at the token endpoint does not widen', async () => {
    const client = registered.again();
    const code = await client.code(person, { parameters: { scope: 'projects:read' } });
    const answer = await client.exchange(code, { scope: 'projects:read projects:write organization:read' });
    expect(tokensOf(answer).scope).toBe('projects:read');
  });

  it('C12 not by GET, not in the query', async () => {
    const client = registered.again();
    const code = await client.code(person);
    const query = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: client.verifier,
      client_id: client.registered.client_id,
    });
    const got = await fetch(`${server.origin}/mcp/oauth/token?${query}`);
    expect(got.status).toBe(405);
    expect(got.headers.get('allow')).toBe('POST');
    expectError(await postForm(`${server.origin}/mcp/oauth/token?${query}`, {}), 'invalid_request');
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('C14 a wrong secret does not spend it', async () => {
    const client = await OAuthClient.register(server.origin, { token_endpoint_auth_method: 'client_secret_post' });
    const code = await client.code(person);
    expectError(await client.exchange(code, { client_secret: 'wrong' }), 'invalid_client', 401);
    expect((await client.exchange(code)).status).toBe(200);
  });
});
