import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { HttpBrowser } from '../support/http-browser.js';
import { Internet } from '../support/internet.js';
import { callMcp, OAuthClient, type Tokens } from '../support/oauth-client.js';
import { expectError, expectPage400 } from '../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

const REDIRECT_URI = 'https://signer.example/cb';
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const HOSTS = Array.from({ length: 12 }, (_, index) => `signer${index}.example`);

let internet: Internet;
let server: TestServer;
let person: Person;
let browser: HttpBrowser;
let serial = 0;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeAll(async () => {
  internet = await Internet.open(HOSTS);
  server = await startServer({ database: 'postgres', outbound: internet, variables: { RATE_LIMITS: 'off' } });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(async () => {
  await server?.close();
  internet?.close();
});
beforeEach(async () => {
  browser = new HttpBrowser();
  await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
    email: person.email,
    password: PASSWORD,
  });
});

const jwkOf = async (key: KeyObject, kid = 'one') => ({ ...(await exportJWK(key)), kid });
const newUrl = () => `https://${HOSTS[serial % HOSTS.length]}/client-${serial++}.json`;

/** A tool that publishes itself and signs. */
async function signer(changes: Record<string, unknown> = {}): Promise<OAuthClient> {
  const url = newUrl();
  internet.publish(url, {
    client_id: url,
    client_name: 'Signer',
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [await jwkOf(ec.publicKey)] },
    ...changes,
  });
  return new OAuthClient(server.origin, { client_id: url, redirect_uris: [REDIRECT_URI] });
}

async function assertion(
  { registered: { client_id } }: OAuthClient,
  changes: Record<string, unknown> = {},
  { alg = 'ES256', key = ec.privateKey as KeyObject } = {},
): Promise<Record<string, string>> {
  const now = Math.floor(server.clock.now().getTime() / 1000);
  const claims = {
    iss: client_id,
    sub: client_id,
    aud: `${server.origin}/mcp`,
    iat: now,
    exp: now + 300,
    jti: crypto.randomUUID(),
    ...changes,
  };
  const given = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return {
    client_assertion_type: TYPE,
    client_assertion: await new SignJWT(given).setProtectedHeader({ alg, kid: 'one' }).sign(key),
  };
}

describe('M10 private_key_jwt', () => {
  it.each(['the issuer', 'the token endpoint'])(
    'exchanges, refreshes and revokes, for %s as audience',
    async (audience) => {
      const client = await signer();
      const aud = audience === 'the issuer' ? `${server.origin}/mcp` : `${server.origin}/mcp/oauth/token`;
      const code = await client.code(person, { browser });
      const tokens = (await client.exchange(code, await assertion(client, { aud }))).json as unknown as Tokens;
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
      // RFC 7523 §3: the subject says who it is; client_id may be left out.
      const refreshed = await client.refresh(tokens.refresh_token, {
        client_id: undefined,
        ...(await assertion(client, { aud })),
      });
      expect(refreshed.status).toBe(200);
      expect(
        (await client.revoke(String(refreshed.json['refresh_token']), await assertion(client, { aud }))).status,
      ).toBe(200);
      expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
    },
  );

  it('RS256, with the keys at an address of the same site', async () => {
    const url = newUrl();
    const jwks_uri = `${new URL(url).origin}/keys.json`;
    internet.publish(jwks_uri, { keys: [await jwkOf(rsa.publicKey)] });
    internet.publish(url, {
      client_id: url,
      client_name: 'Chat',
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri,
    });
    const client = new OAuthClient(server.origin, { client_id: url, redirect_uris: [REDIRECT_URI] });
    const code = await client.code(person, { browser });
    expectError(await client.exchange(code), 'invalid_client', 401);
    expect(
      (await client.exchange(code, await assertion(client, {}, { alg: 'RS256', key: rsa.privateKey }))).status,
    ).toBe(200);
  });

  it.each([
    ['another audience', { aud: 'https://other.example' }],
    ['the token endpoint of another server', { aud: 'https://other.example/mcp/oauth/token' }],
    ['a list of audiences', { aud: ['https://other.example'] }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['an end that has passed', { exp: 1 }],
    ['an end far away', { exp: 4e9 }],
    ['another issuer', { iss: 'https://other.example/c.json' }],
    ['another subject', { sub: 'https://other.example/c.json' }],
    ['a beginning that has not come', { nbf: 4e9 }],
  ])('refuses %s; the code stays good', async (_, changes) => {
    const client = await signer();
    const code = await client.code(person, { browser });
    expectError(await client.exchange(code, await assertion(client, changes)), 'invalid_client', 401);
    expect((await client.exchange(code, await assertion(client))).status).toBe(200);
  });

  it('is good once, with or without a jti', async () => {
    const client = await signer();
    const tokens = (await client.exchange(await client.code(person, { browser }), await assertion(client)))
      .json as unknown as Tokens;
    for (const changes of [{}, { jti: undefined }]) {
      const used = await assertion(client, changes);
      expect((await client.refresh(tokens.refresh_token, used)).status).toBe(200);
      expectError(await client.refresh(tokens.refresh_token, used), 'invalid_client', 401);
    }
  });

  it('refuses no signature, a secret one, a stranger’s, and none at all', async () => {
    const client = await signer();
    const code = await client.code(person, { browser });
    const { client_assertion } = await assertion(client);
    const [, body] = client_assertion!.split('.');
    const head = (alg: string) => Buffer.from(JSON.stringify({ alg, kid: 'one' })).toString('base64url');
    const forged = [
      `${head('none')}.${body}.`,
      `${head('HS256')}.${body}.${createHmac('sha256', ec.publicKey.export({ type: 'spki', format: 'pem' }))
        .update(`${head('HS256')}.${body}`)
        .digest('base64url')}`,
      (await assertion(client, {}, { key: stranger.privateKey }))['client_assertion']!,
      'x',
      '',
    ];
    for (const one of forged)
      expectError(
        await client.exchange(code, { client_assertion_type: TYPE, client_assertion: one }),
        'invalid_client',
        401,
      );
    expectError(await client.exchange(code), 'invalid_client', 401);
    expectError(
      await client.exchange(code, { client_assertion_type: 'other', client_assertion }),
      'invalid_client',
      401,
    );
    expectError(await client.exchange(code, { client_secret: 'x', ...(await assertion(client)) }), 'invalid_request');
    expect((await client.exchange(code, await assertion(client))).status).toBe(200);
  });

  it('one client’s assertion is not another’s', async () => {
    const [one, two] = [await signer(), await signer()];
    const code = await one.code(person, { browser });
    await two.code(person, { browser });
    expectError(await one.exchange(code, await assertion(two)), 'invalid_client', 401);
    expectError(await one.exchange(code, { client_id: undefined, ...(await assertion(two)) }), 'invalid_grant');
  });

  it('new keys are read when the tool is connected again, and old connections must be approved again', async () => {
    const client = await signer();
    const tokens = (await client.exchange(await client.code(person, { browser }), await assertion(client)))
      .json as unknown as Tokens;
    const { client_id } = client.registered;
    internet.publish(client_id, {
      client_id,
      client_name: 'Signer',
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [await jwkOf(stranger.publicKey)] },
    });
    expectError(
      await client.refresh(tokens.refresh_token, await assertion(client, {}, { key: stranger.privateKey })),
      'invalid_client',
      401,
    );
    const again = client.again();
    const exchanged = await again.exchange(
      await again.code(person, { browser }),
      await assertion(client, {}, { key: stranger.privateKey }),
    );
    expect(exchanged.status).toBe(200);
    expectError(
      await client.refresh(tokens.refresh_token, await assertion(client, {}, { key: stranger.privateKey })),
      'invalid_grant',
    );
  });

  it('documents with keys that cannot be used', async () => {
    const { publicKey, privateKey } = ec;
    const bad = [
      { jwks: { keys: [] } },
      { jwks: { keys: [await jwkOf(privateKey)] } },
      { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
      { jwks: { keys: Array.from({ length: 11 }, () => ({ kty: 'EC' })) } },
      { jwks: undefined },
      { jwks: undefined, jwks_uri: 'https://elsewhere.example/keys' },
      { jwks: undefined, jwks_uri: 'http://signer0.example/keys' },
      { jwks: undefined, jwks_uri: 'nonsense' },
    ];
    for (const changes of bad) expectPage400(await browser.get((await signer(changes)).authorizeUrl()));
    expect(
      (await browser.get((await signer({ jwks: { keys: [await jwkOf(publicKey)] } })).authorizeUrl())).status,
    ).toBe(200);
  });
});
