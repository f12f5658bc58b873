import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose';
import { HttpBrowser } from '../../support/http-browser.js';
import { Internet } from '../../support/internet.js';
import { OAuthClient, postForm, postJson } from '../../support/oauth-client.js';
import { expectError, expectRefusal } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const REDIRECT_URI = 'https://signer.example/cb';
const KEYS: Record<string, { publicKey: KeyObject; privateKey: KeyObject }> = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync('ed25519'),
};

let internet: Internet;
let server: TestServer;
let person: Person;
let metadata: Record<string, string[] & string>;
beforeAll(async () => {
  internet = await Internet.open(['signer.example', ...Array.from({ length: 9 }, (_, n) => `signer${n}.example`)]);
  server = await startServer({ database: 'postgres', outbound: internet });
  person = await addPerson(server.app, 'ann@example.com');
  await declareResource(server);
  const response = await fetch(`${server.origin}/.well-known/oauth-authorization-server/mcp`);
  metadata = (await response.json()) as typeof metadata;
});
afterAll(async () => {
  await server?.close();
  internet?.close();
});

let published = 0;

/** A tool that publishes a key of this algorithm, and how it signs. */
async function signer(alg: string) {
  const url = `https://signer${published++ % 9}.example/${randomUUID()}.json`;
  const { publicKey, privateKey } = KEYS[alg]!;
  internet.publish(url, {
    client_id: url,
    client_name: 'Signer',
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] },
  });
  const sign = async () => ({
    client_assertion_type: ASSERTION,
    client_assertion: await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg, kid: 'one' })
      .setIssuer(url)
      .setSubject(url)
      .setAudience(server.config.issuer)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey),
  });
  return { client: new OAuthClient(server.origin, { client_id: url, redirect_uris: [REDIRECT_URI] }), sign };
}

/** A connected tool that authenticates by this method, and its credentials for one more request. */
async function connectedBy(method: string) {
  if (method === 'private_key_jwt') {
    const { client, sign } = await signer('ES256');
    const { json } = await client.exchange(await client.code(person), await sign());
    return { client, tokens: json, credentials: sign, headers: {} };
  }
  const client = await OAuthClient.register(server.origin, { token_endpoint_auth_method: method });
  const { client_id, client_secret } = client.registered;
  const basic = { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` };
  const isBasic = method === 'client_secret_basic';
  const without = { client_secret: undefined };
  const { json } = await client.exchange(await client.code(person), isBasic ? without : {}, isBasic ? basic : {});
  return { client, tokens: json, credentials: async () => (isBasic ? without : {}), headers: isBasic ? basic : {} };
}

const endpoint = (name: string) => metadata[name] as unknown as string;
const newClient = () => OAuthClient.register(server.origin);

/** How each member is shown to be true. A member without a line here fails the test. */
const EXERCISES: Record<string, () => Promise<void>> = {
  issuer: async () => {
    const tokens = await (await newClient()).connect(person);
    const { payload } = await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(endpoint('jwks_uri'))));
    expect(payload.iss).toBe(metadata['issuer']);
  },
  authorization_endpoint: async () => {
    const { pathname, search } = new URL((await newClient()).authorizeUrl());
    const page = await new HttpBrowser().get(endpoint('authorization_endpoint') + search);
    expect([endpoint('authorization_endpoint'), page.status]).toEqual([server.origin + pathname, 200]);
  },
  token_endpoint: async () => {
    const answer = await postForm(endpoint('token_endpoint'), { client_id: (await newClient()).registered.client_id });
    expectError(answer, 'invalid_request');
  },
  registration_endpoint: async () => {
    expect((await postJson(endpoint('registration_endpoint'), { redirect_uris: [REDIRECT_URI] })).status).toBe(201);
  },
  revocation_endpoint: async () => {
    const client = await newClient();
    const { refresh_token: token } = await client.connect(person);
    const { client_id } = client.registered;
    expect((await postForm(endpoint('revocation_endpoint'), { token, client_id })).status).toBe(200);
    expectError(await client.refresh(token), 'invalid_grant');
  },
  introspection_endpoint: async () => {
    const files = await declareResource(server, { uri: 'https://introspecting.example/mcp', name: 'Introspecting' });
    const { access_token: token } = await connectTo(files.uri, await newClient(), person);
    const { json } = await postForm(endpoint('introspection_endpoint'), { token }, { authorization: files.basic });
    expect(json['active']).toBe(true);
  },
  introspection_endpoint_auth_methods_supported: async () => {
    const files = await declareResource(server, { uri: 'https://authenticating.example/mcp', name: 'Authenticating' });
    const [client_id, client_secret] = Buffer.from(files.basic.slice(6), 'base64').toString().split(':') as [
      string,
      string,
    ];
    const by: Record<string, () => ReturnType<typeof postForm>> = {
      client_secret_basic: () => files.introspect('x'),
      client_secret_post: () => postForm(endpoint('introspection_endpoint'), { token: 'x', client_id, client_secret }),
    };
    for (const method of metadata['introspection_endpoint_auth_methods_supported']!)
      expect([method, (await by[method]!()).json]).toEqual([method, { active: false }]);
  },
  revocation_feed_endpoint: async () => {
    const page = await (await fetch(endpoint('revocation_feed_endpoint'))).text();
    await jwtVerify(page, createRemoteJWKSet(new URL(endpoint('jwks_uri'))), { typ: 'revocations+jwt' });
  },
  jwks_uri: async () => {
    const { keys } = (await (await fetch(endpoint('jwks_uri'))).json()) as { keys: unknown[] };
    expect(keys.length).toBeGreaterThan(0);
  },
  scopes_supported: async () => {
    for (const scope of metadata['scopes_supported']!) {
      const resource = scope.startsWith('files:') ? FILES : `${server.origin}/mcp`;
      const tokens = await connectTo(resource, await newClient(), person, { scope });
      if (scope === 'offline_access') expect(tokens.refresh_token).toBeDefined();
      else expect(tokens.scope.split(' ')).toContain(scope);
    }
  },
  response_types_supported: async () => {
    for (const response_type of metadata['response_types_supported']!)
      expect(
        (await (await newClient()).authorize(person, { parameters: { response_type } })).get('code'),
      ).not.toBeNull();
  },
  response_modes_supported: async () => {
    for (const response_mode of metadata['response_modes_supported']!)
      expect(
        (await (await newClient()).authorize(person, { parameters: { response_mode } })).get('code'),
      ).not.toBeNull();
  },
  grant_types_supported: async () => {
    expect(metadata['grant_types_supported']).toEqual(['authorization_code', 'refresh_token']);
    const client = await newClient();
    expect((await client.refresh((await client.connect(person)).refresh_token)).status).toBe(200);
  },
  token_endpoint_auth_methods_supported: async () => {
    for (const method of metadata['token_endpoint_auth_methods_supported']!)
      expect([method, (await connectedBy(method)).tokens['token_type']]).toEqual([method, 'Bearer']);
  },
  revocation_endpoint_auth_methods_supported: async () => {
    for (const method of metadata['revocation_endpoint_auth_methods_supported']!) {
      const { client, tokens, credentials, headers } = await connectedBy(method);
      const { client_id, client_secret } = client.registered;
      const form = { token: tokens['refresh_token'] as string, client_id, ...(client_secret && { client_secret }) };
      const sent = Object.entries({ ...form, ...(await credentials()) }).filter(([, value]) => value !== undefined);
      const { status } = await postForm(endpoint('revocation_endpoint'), Object.fromEntries(sent) as never, headers);
      expect([method, status]).toEqual([method, 200]);
      const refresh = await client.refresh(tokens['refresh_token'] as string, await credentials(), headers);
      expectError(refresh, 'invalid_grant');
    }
  },
  token_endpoint_auth_signing_alg_values_supported: async () => {
    for (const alg of metadata['token_endpoint_auth_signing_alg_values_supported']!) {
      const { client, sign } = await signer(alg);
      expect([alg, (await client.exchange(await client.code(person), await sign())).status]).toEqual([alg, 200]);
    }
  },
  revocation_endpoint_auth_signing_alg_values_supported: async () => {
    for (const alg of metadata['revocation_endpoint_auth_signing_alg_values_supported']!) {
      const { client, sign } = await signer(alg);
      const { json } = await client.exchange(await client.code(person), await sign());
      expect([alg, (await client.revoke(json['refresh_token'] as string, await sign())).status]).toEqual([alg, 200]);
      expectError(await client.refresh(json['refresh_token'] as string, await sign()), 'invalid_grant');
    }
  },
  code_challenge_methods_supported: async () => {
    for (const code_challenge_method of metadata['code_challenge_methods_supported']!)
      expect((await (await newClient()).authorize(person, { parameters: { code_challenge_method } })).has('code')).toBe(
        true,
      );
  },
  authorization_response_iss_parameter_supported: async () => {
    expect((await (await newClient()).authorize(person)).get('iss')).toBe(metadata['issuer']);
  },
  client_id_metadata_document_supported: async () => {
    const { client } = await signer('ES256');
    expect((await client.toApproval(person)).page.html).toContain('verified domain: signer');
  },
  protected_resources: async () => {
    for (const resource of metadata['protected_resources']!)
      expect((await connectTo(resource, await newClient(), person)).access_token).toBeDefined();
  },
  service_documentation: async () => {
    expect((await new HttpBrowser().get(endpoint('service_documentation'))).status).toBe(200);
  },
};

describe('what the metadata advertises', () => {
  it('has an exercise for every member, and no other', () => {
    expect(Object.keys(EXERCISES).toSorted()).toEqual(Object.keys(metadata).toSorted());
  });

  it.each(Object.keys(EXERCISES))('%s is true', async (member) => EXERCISES[member]!());
});

describe('what it does not advertise is refused', () => {
  it.each(['token', 'id_token', 'code id_token', 'code token', 'none'])('response_type %s', async (response_type) => {
    const page = await new HttpBrowser().get((await newClient()).authorizeUrl({ response_type }));
    expectRefusal(page, 'unsupported_response_type');
  });

  it.each(['fragment', 'form_post', 'jwt', 'web_message'])('response_mode %s', async (response_mode) => {
    expectRefusal(await new HttpBrowser().get((await newClient()).authorizeUrl({ response_mode })), 'invalid_request');
  });

  it.each(['plain', 'S512', 's256'])('code_challenge_method %s', async (code_challenge_method) => {
    const page = await new HttpBrowser().get((await newClient()).authorizeUrl({ code_challenge_method }));
    expectRefusal(page, 'invalid_request');
  });

  it.each([
    'password',
    'implicit',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])('grant_type %s', async (grant_type) => {
    const { client_id } = (await newClient()).registered;
    expectError(await postForm(endpoint('token_endpoint'), { grant_type, client_id }), 'unsupported_grant_type');
  });

  it.each(['client_secret_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'private_key_jwt'])(
    'a registration for %s',
    async (token_endpoint_auth_method) => {
      const answer = await postJson(endpoint('registration_endpoint'), {
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method,
      });
      expectError(answer, 'invalid_client_metadata');
    },
  );

  it.each(['none', 'HS256'])('an assertion by %s', async (alg) => {
    const { client } = await signer('ES256');
    const { client_id } = client.registered;
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: client_id, sub: client_id, aud: server.config.issuer, exp: now + 60, jti: randomUUID() };
    const text = `${part({ alg, kid: 'one' })}.${part(claims)}`;
    const signature = alg === 'none' ? '' : createHmac('sha256', 'key').update(text).digest('base64url');
    const forged = { client_assertion_type: ASSERTION, client_assertion: `${text}.${signature}` };
    expectError(await client.exchange(await client.code(person), forged), 'invalid_client', 401);
  });

  it.each([
    ['POST', '/mcp/oauth/par', 404],
    ['POST', '/mcp/oauth/device_authorization', 404],
    ['GET', '/mcp/oauth/userinfo', 404],
    ['GET', '/.well-known/openid-configuration', 404],
    ['PUT', '/mcp/oauth/register', 405],
    ['DELETE', '/mcp/oauth/register', 405],
    ['GET', '/mcp/oauth/register/dyn-x', 404],
  ])('%s %s', async (method, path, status) => {
    expect((await fetch(server.origin + path, { method })).status).toBe(status);
  });
});
