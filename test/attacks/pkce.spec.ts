import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../support/http-browser.js';
import { OAuthClient, postForm } from '../support/oauth-client.js';
import { expectError, expectRefusal } from '../support/outcomes.js';
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

const open = (changes: Record<string, string | undefined>, client = registered) =>
  new HttpBrowser().get(client.authorizeUrl(changes));
const s256 = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');
const GOOD = s256('v'.repeat(43));

describe('P: proof key for code exchange', () => {
  it('P1 no code_challenge, public or confidential client', async () => {
    const confidential = await OAuthClient.register(server.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    for (const client of [registered, confidential]) {
      const parameters = expectRefusal(
        await open({ code_challenge: undefined, code_challenge_method: undefined }, client),
        'invalid_request',
      );
      expect(parameters.get('state')).toBe(client.state);
    }
  });

  it.each(['plain', undefined, '', 's256', 'S512', 'none'])('P2 method %s', async (method) => {
    expectRefusal(await open({ code_challenge_method: method }), 'invalid_request');
  });

  it.each([
    GOOD.slice(1),
    `${GOOD}a`,
    'a'.repeat(129),
    `${GOOD.slice(1)}=`,
    `${GOOD.slice(1)}+`,
    `${GOOD.slice(1)}/`,
    `${GOOD.slice(1)} `,
    `${GOOD.slice(1)}\0`,
    `${GOOD.slice(1)}é`,
  ])('P3 challenge %j', async (challenge) => {
    expectRefusal(await open({ code_challenge: challenge }), 'invalid_request');
  });

  it.each([undefined, ''])('P4 no verifier (%j): the code stays good', async (verifier) => {
    const client = registered.again();
    const code = await client.code(person);
    expectError(await client.exchange(code, { code_verifier: verifier }), 'invalid_request');
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('P5 a verifier that is wrong, the challenge itself, or of another request: the code stays good', async () => {
    const client = registered.again();
    const code = await client.code(person);
    for (const verifier of ['w'.repeat(43), s256(client.verifier), registered.again().verifier]) {
      expectError(await client.exchange(code, { code_verifier: verifier }), 'invalid_grant');
    }
    expect((await client.exchange(code)).status).toBe(200);
  });

  it.each([
    'v',
    'v'.repeat(42),
    'v'.repeat(129),
    `${'v'.repeat(43)}\n`,
    `${'v'.repeat(43)} `,
    `${'v'.repeat(43)}=`,
    'v'.repeat(42) + 'é',
    'v'.repeat(42) + '\0',
  ])('P6 a malformed verifier is refused although its hash is the challenge: %j', async (verifier) => {
    const client = registered.again();
    const code = await client.code(person, { parameters: { code_challenge: s256(verifier) } });
    const answer = await client.exchange(code, { code_verifier: verifier });
    expectError(answer, verifier.includes('\0') ? 'invalid_request' : 'invalid_grant');
  });

  it('P7 no downgrade: a challenge cannot be missing from a grant', async () => {
    await registered.again().code(person);
    await expect(server.query('UPDATE grants SET code_challenge = NULL')).rejects.toThrow(/null value/);
  });

  it('P8 five wrong verifiers kill the code', async () => {
    const client = registered.again();
    const code = await client.code(person);
    for (let attempt = 0; attempt < 5; attempt++)
      expectError(await client.exchange(code, { code_verifier: 'w'.repeat(43) }), 'invalid_grant');
    expectError(await client.exchange(code), 'invalid_grant');
  });

  it.each(['code_challenge', 'code_challenge_method'])('P9 %s twice', async (name) => {
    const value = name === 'code_challenge' ? GOOD : 'S256';
    expectRefusal(await new HttpBrowser().get(`${registered.authorizeUrl()}&${name}=${value}`), 'invalid_request');
  });

  it('P10 a verifier in the query is not read', async () => {
    const client = registered.again();
    const code = await client.code(person);
    const answer = await postForm(`${server.origin}/mcp/oauth/token?code_verifier=${client.verifier}`, {
      grant_type: 'authorization_code',
      code,
      client_id: client.registered.client_id,
    });
    expectError(answer, 'invalid_request');
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('P11 the challenge is in neither code nor answer', async () => {
    const client = registered.again();
    const answer = await client.authorize(person);
    const challenge = s256(client.verifier);
    expect(answer.toString()).not.toContain(challenge);
    expect(Buffer.from(answer.get('code')!, 'base64url').toString('latin1')).not.toContain(
      Buffer.from(challenge, 'base64url').toString('latin1'),
    );
  });

  it('P12 one challenge in two requests gives two codes, each good once (a retried tool does this)', async () => {
    const client = registered.again();
    const [first, second] = [await client.code(person), await client.code(person)];
    expect(first).not.toBe(second);
    for (const code of [first, second]) expect((await client.exchange(code)).status).toBe(200);
  });

  it('P13 the metadata offers S256 alone', async () => {
    const metadata = (await (
      await fetch(`${server.origin}/.well-known/oauth-authorization-server/mcp`)
    ).json()) as Record<string, unknown>;
    expect(metadata['code_challenge_methods_supported']).toEqual(['S256']);
  });
});
