import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';
import { Sealing } from '../../src/sealing/sealing.service.js';
import { KeyRing } from '../../src/jwt/key-ring.js';
import { HttpBrowser } from '../support/http-browser.js';
import { callMcp, OAuthClient, postForm, type Tokens } from '../support/oauth-client.js';
import { expectChallenge } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let person: Person;
let client: OAuthClient;
let tokens: Tokens;
let privateKey: KeyObject;
let publicKey: KeyObject;
let kid: string;
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
  tokens = await client.connect(person);
  ({ privateKey, kid } = server.app.get(KeyRing, { strict: false }).current());
  publicKey = createPublicKey(privateKey);
});
afterAll(() => server?.close());

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claims = () => decodeJwt(tokens.access_token);
const header = () => ({ ...decodeProtectedHeader(tokens.access_token) });

/** Signed with our own key unless another is given: only what is changed can be the reason to refuse. */
async function signed(
  changes: Record<string, unknown> = {},
  headers: Record<string, unknown> = {},
  key: KeyObject = privateKey,
): Promise<string> {
  const payload = Object.fromEntries(
    Object.entries({ ...claims(), ...changes }).filter(([, value]) => value !== undefined),
  );
  const head = Object.fromEntries(
    Object.entries({ alg: 'ES256', typ: 'at+jwt', kid, ...headers }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT(payload).setProtectedHeader(head as { alg: string }).sign(key);
}
const expectRefused = async (token: string) =>
  expectChallenge(await callMcp(server.origin, token), server.origin, 'invalid_token');

describe('J: access tokens at the MCP endpoint', () => {
  it('a token signed as ours, with our claims, is accepted: the forgeries below differ in one thing', async () => {
    expect((await callMcp(server.origin, await signed())).status).toBe(200);
  });

  it('one from when tokens lasted longer lasts as long as they do now: what was revoked is not held for longer', async () => {
    const now = Math.floor(server.clock.now().getTime() / 1000);
    const from = (ago: number) => signed({ iat: now - ago, exp: now + 80_000 });
    expect((await callMcp(server.origin, await from(3_500))).status).toBe(200);
    await expectRefused(await from(3_700));
  });

  it.each(['none', 'None', 'NONE', ''])('J1 alg %j, with and without a signature', async (alg) => {
    const signature = tokens.access_token.split('.')[2]!;
    for (const end of ['', signature]) {
      const answer = await callMcp(server.origin, `${part({ ...header(), alg })}.${part(claims())}.${end}`);
      expectChallenge(answer, server.origin, 'invalid_token');
    }
  });

  it.each(['HS256', 'HS384', 'HS512'])('J2 %s keyed with what everybody can read', async (alg) => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const jwk = JSON.stringify(await exportJWK(publicKey));
    const der = publicKey.export({ type: 'spki', format: 'der' });
    for (const key of [pem, ` ${pem}`, pem.replaceAll('\n', '\r\n'), pem.trim(), der, jwk, '']) {
      const text = `${part({ ...header(), alg })}.${part(claims())}`;
      await expectRefused(`${text}.${createHmac(alg.replace('HS', 'sha'), key).update(text).digest('base64url')}`);
    }
  });

  it('J3 a key that the token brings along is not used, nor fetched', async () => {
    let asked = 0;
    const sink = createServer((_, response) => {
      asked++;
      response.end('{}');
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(sink.address() as { port: number }).port}/jwks`;
    const jwk = await exportJWK(stranger.publicKey);
    for (const headers of [
      { jwk },
      { jku: url },
      { x5u: url },
      { x5c: [part('x')] },
      { jwk, kid: undefined },
      { jku: url, kid: 'theirs' },
    ]) {
      await expectRefused(await signed({}, headers, stranger.privateKey));
    }
    expect(asked).toBe(0);
    sink.close();
  });

  it.each([
    undefined,
    'unknown',
    '../../dev/null',
    "' OR 1=1--",
    'https://evil.example/key',
    '\0',
    ['a'],
    7,
    'x'.repeat(9000),
    '__proto__',
    'constructor',
  ])('J4 kid %.20j', async (value) => {
    await expectRefused(
      `${part({ alg: 'ES256', typ: 'at+jwt', kid: value })}.${part(claims())}.${tokens.access_token.split('.')[2]}`,
    );
  });

  it('J5 an algorithm that is not the key’s; the key set names it', async () => {
    for (const alg of ['ES384', 'ES512', 'RS256', 'PS256', 'EdDSA'])
      await expectRefused(`${part({ ...header(), alg })}.${part(claims())}.${tokens.access_token.split('.')[2]}`);
    const { keys } = (await (await fetch(`${server.origin}/mcp/oauth/jwks`)).json()) as {
      keys: Record<string, string>[];
    };
    for (const key of keys)
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) });
  });

  it('J6 crit, b64, encryption, other serializations, a zero signature', async () => {
    const [head, body, signature] = tokens.access_token.split('.');
    await expectRefused(
      await signed({}, { crit: ['exp'] }).catch(() => `${part({ ...header(), crit: ['x'] })}.${body}.${signature}`),
    );
    for (const text of [
      `${part({ ...header(), b64: false, crit: ['b64'] })}.${body}.${signature}`,
      `${head}.${body}.${signature}.${signature}.${signature}`,
      `${head}.${body}.${signature}.x`,
      `${head}.${body}`,
      `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
    ]) {
      await expectRefused(text);
    }
    expectChallenge(
      await callMcp(server.origin, JSON.stringify({ payload: body, signature })),
      server.origin,
      'invalid_token',
    );
  });

  it.each([
    { exp: undefined },
    { exp: 1 },
    { exp: '9999999999' },
    { exp: 1e308 },
    { exp: -1 },
    { exp: null },
    { nbf: 4e9 },
    { iat: 4e9 },
    { iat: undefined },
  ])('J7 times %j', async (changes) => {
    await expectRefused(await signed(changes).catch(() => 'a.b.c'));
  });

  it('J7 a token ends with its hour, remembered or not', async () => {
    const { access_token } = await client.again().connect(person);
    expect((await callMcp(server.origin, access_token)).status).toBe(200);
    server.clock.advance(3601);
    await expectRefused(access_token);
    server.clock.advance(-3601);
  });

  it('J8 issuer and audience, to the character', async () => {
    const { origin } = server;
    for (const iss of [origin, `${origin}/mcp/`, `${origin}/MCP`, 'https://evil.example/mcp', undefined])
      await expectRefused(await signed({ iss }));
    for (const aud of [
      undefined,
      origin,
      `${origin}/mcp/`,
      `${origin}/mcp2`,
      `${origin}/mc`,
      'https://other.example/mcp',
      [`${origin}/mcp`],
      [`${origin}/mcp`, 'https://other.example/mcp'],
    ]) {
      await expectRefused(await signed({ aud }));
    }
  });

  it('J8 claims that nest to the end of the stack are refused like any others, and the server goes on', async () => {
    const deep = '['.repeat(5_000) + ']'.repeat(5_000);
    for (const name of ['aud', 'iss']) await expectRefused(`${part(header())}.${part(`{"${name}":${deep}}`)}.c2ln`);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
  });

  it('J9 only the type of an access token', async () => {
    for (const typ of [undefined, 'JWT', 'at', 'AT+JWT', 'application/at+jwt', 'logout+jwt'])
      await expectRefused(await signed({}, { typ }));
    const sealing = server.app.get(Sealing, { strict: false });
    for (const other of [
      sealing.sealValue('setup-link', 'first-operator', 60),
      client.registered.client_id,
      tokens.refresh_token,
    ])
      await expectRefused(other);
  });

  it('J10 a missing claim, or one re-signed by somebody else', async () => {
    for (const name of ['sub', 'sid', 'org_id', 'client_id', 'scope', 'jti'])
      await expectRefused(await signed({ [name]: undefined }));
    await expectRefused(await signed({ org_id: '00000000-0000-0000-0000-000000000000' }, {}, stranger.privateKey));
    const [head, , signature] = tokens.access_token.split('.');
    await expectRefused(`${head}.${part({ ...claims(), org_id: 'x' })}.${signature}`);
  });

  it('J10 a person, organization or grant that is not there opens no tool', async () => {
    const nobody = '00000000-0000-0000-0000-000000000000';
    for (const changes of [{ sub: nobody }, { org_id: nobody }, { sub: client.registered.client_id }]) {
      const answer = await callMcp(server.origin, await signed(changes), 'tools/call', {
        name: 'list_projects',
        arguments: {},
      });
      expect(answer.json).toMatchObject({ result: { isError: true } });
    }
  });

  it('J12 only in the Authorization header, and once', async () => {
    const bare = {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    };
    const token = tokens.access_token;
    const inQuery = await fetch(`${server.origin}/mcp?access_token=${token}`, bare);
    expect(inQuery.status).toBe(401);
    const inForm = await postForm(`${server.origin}/mcp`, { access_token: token });
    expect(inForm.status).toBe(401);
    const inCookie = await fetch(`${server.origin}/mcp`, {
      ...bare,
      headers: { ...bare.headers, cookie: `access_token=${token}; bkend-session=${token}` },
    });
    expect(inCookie.status).toBe(401);
    const both = await fetch(`${server.origin}/mcp?access_token=${token}`, {
      ...bare,
      headers: { ...bare.headers, authorization: `Bearer ${token}` },
    });
    expect(both.status).toBe(400);
    expect(both.headers.get('www-authenticate')).toContain('error="invalid_request"');
    const twice = await new Promise<number>((resolve, reject) => {
      const outgoing = request(`${server.origin}/mcp`, {
        method: 'POST',
        headers: [
          'Host',
          new URL(server.origin).host,
          'Authorization',
          `Bearer ${token}`,
          'Authorization',
          `Bearer ${token}`,
          'Content-Length',
          '0',
        ],
      });
      outgoing
        .once('response', (response) => resolve(response.resume().statusCode!))
        .once('error', reject)
        .end();
    });
    expect(twice).toBe(400);
  });

  it('J13 the scheme in any case; one token, one space', async () => {
    const send = (authorization: string) =>
      fetch(`${server.origin}/mcp`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      });
    expect((await send(`bearer ${tokens.access_token}`)).status).toBe(200);
    for (const wrong of [
      `Bearer ${tokens.access_token}, Bearer x`,
      `Bearer  ${tokens.access_token}`,
      `Bearer\t${tokens.access_token}`,
      'Bearer',
      'Bearer ',
      tokens.access_token,
      'Basic eDp5',
    ])
      expect((await send(wrong)).status).toBe(401);
  });

  it('J14 a missing scope: 403, all that is missing at once beside what it has, and where to ask', async () => {
    const narrow = client.again();
    const { access_token } = await narrow.connect(person, { parameters: { scope: 'organization:read' } });
    const { status, headers } = await callMcp(server.origin, access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: 'X' },
    });
    expect(status).toBe(403);
    const challenge = headers.get('www-authenticate');
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toMatch(/scope="organization:read [^"]*projects:write"/);
    expect(challenge).toContain('resource_metadata=');
    expect(headers.getSetCookie()).toEqual([]);
    // The same each time: by that, published tools see that asking again did not help.
    const again = await callMcp(server.origin, access_token, 'tools/call', { name: 'create_project', arguments: {} });
    expect(again.headers.get('www-authenticate')).toBe(challenge);
    expect(again.json['error_description']).toMatch(/support code [A-Z2-9]{10}/);
  });

  it('J15 a token opens no page, a session no MCP (W14)', async () => {
    const page = await new HttpBrowser({ authorization: `Bearer ${tokens.access_token}` }).get(
      `${server.origin}/console`,
    );
    expect(page.url).toContain('/console/login');
    const browser = new HttpBrowser();
    await client.again().authorize(person, { browser });
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    expect((await fetch(`${server.origin}/mcp`, { method: 'POST', headers: { cookie } })).status).toBe(401);
  });

  it('J16 the key set: public halves, each id once', async () => {
    const { keys } = (await (await fetch(`${server.origin}/mcp/oauth/jwks`)).json()) as {
      keys: Record<string, string>[];
    };
    expect(new Set(keys.map((key) => key['kid'])).size).toBe(keys.length);
    // As an argument of a command none may look like an option.
    for (const key of keys) expect(key['kid']).toMatch(/^[\da-z]+$/);
    for (const key of keys)
      expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'k', 'dp', 'dq', 'qi'].includes(name))).toEqual([]);
  });

  it('J17 base64url that is not canonical is another token, or none', async () => {
    const [head, body, signature] = tokens.access_token.split('.');
    for (const text of [
      `${head}=.${body}.${signature}`,
      `${head}.${body}.${signature}==`,
      `${head}.${body}.${signature!.slice(0, -1)}`,
    ]) {
      expect([401]).toContain((await callMcp(server.origin, text)).status);
    }
  });
});
