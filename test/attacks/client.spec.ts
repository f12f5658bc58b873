import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { newDatabase } from '../support/databases.js';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { OAuthClient, postForm, postJson, type Tokens } from '../support/oauth-client.js';
import { expectError, expectPage400, expectRefusal } from '../support/outcomes.js';
import { addPerson, addPersonAt, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { startProcess, startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let person: Person;
let registered: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  registered = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});
const confidential = (method: string) => OAuthClient.register(server.origin, { token_endpoint_auth_method: method });
const withoutCredentials = { client_id: undefined, client_secret: undefined };

describe('M: who the client is', () => {
  it('M1 iss: once in every answer, the same bytes as in metadata and token', async () => {
    const metadata = (await (
      await fetch(`${server.origin}/.well-known/oauth-authorization-server/mcp`)
    ).json()) as Record<string, unknown>;
    expect(metadata['authorization_response_iss_parameter_supported']).toBe(true);
    const client = registered.again();
    const success = await client.authorize(person);
    const denial = await client.again().authorize(person, { decision: 'Deny' });
    const refusal = expectRefusal(
      await new HttpBrowser().get(client.authorizeUrl({ response_type: 'token' })),
      'unsupported_response_type',
    );
    for (const answer of [success, denial, refusal]) expect(answer.getAll('iss')).toEqual([metadata['issuer']]);
    const tokens = (await client.exchange(success.get('code')!)).json as unknown as Tokens;
    expect(decodeJwt(tokens.access_token).iss).toBe(metadata['issuer']);
  });

  it('M2 an unknown client: 401 at the token endpoint, a page at the authorization endpoint', async () => {
    const forged = `${registered.registered.client_id.slice(0, -2)}AA`;
    for (const client_id of ['nobody', forged, 'http://tool.example/client.json']) {
      expectError(
        await postForm(`${server.origin}/mcp/oauth/token`, {
          grant_type: 'authorization_code',
          code: 'x',
          code_verifier: 'v'.repeat(43),
          client_id,
        }),
        'invalid_client',
        401,
      );
      expectPage400(await new HttpBrowser().get(registered.authorizeUrl({ client_id })));
    }
  });

  it('M3 a wrong secret: Basic is challenged by Basic', async () => {
    const [byBasic, byPost] = [await confidential('client_secret_basic'), await confidential('client_secret_post')];
    const codes = [await byBasic.code(person), await byPost.code(person)];
    const { client_id } = byBasic.registered;
    for (const secret of ['wrong', '', byPost.registered.client_secret!]) {
      const refused = await byBasic.exchange(codes[0]!, withoutCredentials, basic(client_id, secret));
      expectError(refused, 'invalid_client', 401);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
      expectError(
        await byPost.exchange(codes[1]!, {
          client_secret: secret === byPost.registered.client_secret ? byBasic.registered.client_secret : secret,
        }),
        'invalid_client',
        401,
      );
    }
    expect(
      (await byBasic.exchange(codes[0]!, withoutCredentials, basic(client_id, byBasic.registered.client_secret!)))
        .status,
    ).toBe(200);
    expect((await byPost.exchange(codes[1]!)).status).toBe(200);
  });

  it('M4 one way of authenticating, and it is the registered one', async () => {
    const byPost = await confidential('client_secret_post');
    const { client_id, client_secret } = byPost.registered;
    const code = await byPost.code(person);
    expectError(await byPost.exchange(code, {}, basic(client_id, client_secret!)), 'invalid_request');
    expectError(
      await byPost.exchange(code, withoutCredentials, basic(client_id, client_secret!)),
      'invalid_client',
      401,
    );
    expectError(
      await byPost.exchange(
        code,
        { client_secret: undefined, client_id: registered.registered.client_id },
        basic(client_id, client_secret!),
      ),
      'invalid_request',
    );
    const publicCode = await registered.again().code(person);
    expectError(await registered.exchange(publicCode, { client_secret: 'something' }), 'invalid_client', 401);
    expect((await byPost.exchange(code)).status).toBe(200);
  });

  it('M5 a client that was given a secret must use it', async () => {
    const client = await confidential('client_secret_basic');
    expectError(await client.exchange(await client.code(person), { client_secret: undefined }), 'invalid_client', 401);
  });

  it.each([
    ['not base64', 'Basic ***'],
    ['no colon', `Basic ${Buffer.from('abc').toString('base64')}`],
    ['broken escape', `Basic ${Buffer.from('%zz:%zz').toString('base64')}`],
    ['not UTF-8', `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`],
    ['another scheme', 'Digest username="x"'],
    ['12 kB', `Basic ${Buffer.from(`a:${'b'.repeat(9000)}`).toString('base64')}`],
  ])('M6 a malformed Authorization header: %s', async (_, authorization) => {
    expectError(
      await postForm(
        `${server.origin}/mcp/oauth/token`,
        { grant_type: 'refresh_token', refresh_token: 'x' },
        { authorization },
      ),
      'invalid_client',
      401,
    );
  });

  it.each([
    'password',
    'client_credentials',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    '__proto__',
  ])('M7 grant type %s', async (grant_type) => {
    const { client_id } = registered.registered;
    expectError(
      await postForm(`${server.origin}/mcp/oauth/token`, {
        grant_type,
        client_id,
        username: 'a',
        password: 'b',
        scope: 'projects:write',
      }),
      'unsupported_grant_type',
    );
  });

  it('M7 refresh_token for a client that did not register for it', async () => {
    const client = await OAuthClient.register(server.origin, { grant_types: ['authorization_code'] });
    const tokens = (await client.exchange(await client.code(person))).json;
    expect(tokens).not.toHaveProperty('refresh_token');
    expectError(await client.refresh('x'), 'unauthorized_client');
  });

  it.each(['token', 'id_token', 'code token', 'none'])('M8 response type %s', async (response_type) => {
    expectRefusal(await new HttpBrowser().get(registered.authorizeUrl({ response_type })), 'unsupported_response_type');
  });

  it('M8 no response type, or two', async () => {
    expectRefusal(
      await new HttpBrowser().get(registered.authorizeUrl({ response_type: undefined })),
      'invalid_request',
    );
    expectRefusal(await new HttpBrowser().get(`${registered.authorizeUrl()}&response_type=code`), 'invalid_request');
  });

  it('M9 nobody chooses a client id or secret; ids are unguessable and look like nobody else', async () => {
    const chosen = { client_id: 'mine', client_secret: 'also mine', redirect_uris: ['https://app.example/cb'] };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => postJson(`${server.origin}/mcp/oauth/register`, chosen)),
    );
    const ids = answers.map(({ json }) => String(json['client_id']));
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^dyn-[A-Za-z0-9_-]{40,}$/);
    for (const { json } of answers) expect(json).not.toHaveProperty('client_secret');
  });

  it('M11 a secret never expires, as the registration says: client_secret_expires_at is 0', async () => {
    const client = await OAuthClient.register(server.origin, { token_endpoint_auth_method: 'client_secret_post' });
    expect(client.registered).toMatchObject({ client_secret_expires_at: 0 });
    server.clock.advance(400 * 86_400);
    expect((await client.exchange(await client.code(person))).status).toBe(200);
  });

  it('M11 it outlives the operator’s secret it was made from, approved before or after that is replaced', async () => {
    const database = await newDatabase('postgres');
    const [old, current] = ['the old one of the operator’s secrets', 'the new one of the operator’s secrets'];
    let node = await startProcess(database, { SECRETS: old });
    const { PORT, PUBLIC_URL } = { PORT: new URL(node.origin).port, PUBLIC_URL: node.origin };
    const restart = async (SECRETS: string) => {
      await node.kill('SIGTERM');
      node = await startProcess(database, { SECRETS, PORT, PUBLIC_URL });
    };
    try {
      const ann = await addPersonAt(database.url!, 'ann@example.com');
      const [before, after] = await Promise.all(
        [1, 2].map(() => OAuthClient.register(node.origin, { token_endpoint_auth_method: 'client_secret_post' })),
      );
      await before!.connect(ann);
      await restart(`${current},${old}`);
      await after!.connect(ann);
      // As when they were rotated since: those that are left are sealed under the new secret.
      await Witness.of(database.url).query('DELETE FROM signing_keys');
      await restart(current);
      for (const client of [before!, after!]) await client.again().connect(ann);
    } finally {
      await node.kill('SIGTERM');
      await database.remove();
    }
  }, 60_000);

  it('M3 a secret in another spelling, or a part of it, is a wrong one', async () => {
    const client = await confidential('client_secret_post');
    const secret = client.registered.client_secret!;
    const code = await client.code(person);
    const last = secret.slice(0, -1) + String.fromCharCode(secret.charCodeAt(secret.length - 1) + 1);
    for (const client_secret of [secret.slice(0, 22), `${secret}!!!!`, `${secret}=`, ` ${secret}`, last])
      expectError(await client.exchange(code, { client_secret }), 'invalid_client', 401);
    expect((await client.exchange(code)).status).toBe(200);
  });

  it('M13 a redirect to this computer is said to be one', async () => {
    const { page } = await registered.again().toApproval(person);
    const text = textOf(page.html);
    expect(text).toContain('127.0.0.1:53682');
    expect(text).toMatch(/on this computer/i);
  });
});
