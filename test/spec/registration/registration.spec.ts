import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../../support/http-browser.js';
import { OAuthClient, postJson } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let person: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(() => server?.close());

const register = (body: Record<string, unknown>) => postJson(`${server.origin}/mcp/oauth/register`, body);

/** What tools register, as they were seen to. */
const TOOLS: Record<string, Record<string, unknown>> = {
  'Claude Code': {
    client_name: 'Claude Code (bkend)',
    redirect_uris: ['http://localhost:54545/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  Claude: {
    client_name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: 'organization:read projects:read projects:write offline_access',
  },
  ChatGPT: {
    client_name: 'ChatGPT',
    redirect_uris: ['https://chatgpt.com/connector/oauth/AbCdEfGhIjKl'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  Cursor: {
    client_name: 'Cursor',
    redirect_uris: [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    client_uri: 'https://cursor.com',
  },
  'VS Code': {
    client_name: 'Visual Studio Code',
    client_uri: 'https://code.visualstudio.com',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    redirect_uris: [
      'https://insiders.vscode.dev/redirect',
      'https://vscode.dev/redirect',
      'http://127.0.0.1/',
      'http://127.0.0.1:33418/',
    ],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  },
  Codex: {
    client_name: 'Codex',
    redirect_uris: ['http://127.0.0.1:49152/callback/x1y2z3'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    response_types: ['code'],
    application_type: 'native',
  },
  'Gemini CLI': {
    client_name: 'Gemini CLI MCP Client',
    redirect_uris: ['http://localhost:7777/oauth/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: '',
  },
  'MCP Inspector': {
    client_name: 'MCP Inspector',
    client_uri: 'https://github.com/modelcontextprotocol/inspector',
    redirect_uris: ['http://localhost:6274/oauth/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: '',
  },
  'mcp-remote': {
    client_name: 'MCP CLI Proxy',
    client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
    redirect_uris: ['http://localhost:3334/oauth/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
    software_version: '0.1.29',
  },
  opencode: {
    client_name: 'opencode',
    client_uri: 'https://opencode.ai',
    redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  Grok: {
    client_name: 'Grok',
    redirect_uris: ['https://grok.com/connectors-oauth-exchange-code/'],
    token_endpoint_auth_method: 'none',
  },
};

describe('dynamic client registration (RFC 7591)', () => {
  it('answers the documentation’s example: dyn-…, the name, and all that was registered', async () => {
    const { status, json, headers } = await register({
      client_name: 'My Custom Client',
      redirect_uris: ['http://localhost:3000/callback'],
    });
    expect(status).toBe(201);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json).toEqual({
      client_id: expect.stringMatching(/^dyn-[A-Za-z0-9_-]+$/),
      client_id_issued_at: expect.any(Number),
      client_name: 'My Custom Client',
      redirect_uris: ['http://localhost:3000/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    });
  });

  it.each(Object.entries(TOOLS))(
    '%s is registered as it asked, under an id of less than 255 characters, and connects',
    async (_, body) => {
      const { status, json } = await register(body);
      expect(status).toBe(201);
      expect(String(json['client_id']).length).toBeLessThan(255);
      expect(json).toMatchObject({
        client_name: body['client_name'],
        redirect_uris: body['redirect_uris'],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      });
      expect(Object.values(json)).not.toContain(null);
      for (const redirect_uri of body['redirect_uris'] as string[]) {
        const client = new OAuthClient(server.origin, json as never);
        const { browser, page } = await client.toApproval(person, { parameters: { redirect_uri } });
        const answered = await browser.submit(page, 'Approve');
        const location =
          answered.leftTo ??
          /<a class="button" href="([^"]+)"/
            .exec(answered.html)![1]!
            .replace(/&amp;/g, '&')
            .replace(/&#x3D;/g, '=');
        expect(location.startsWith(redirect_uri)).toBe(true);
        const code = new URL(location).searchParams.get('code')!;
        expect((await client.exchange(code, { redirect_uri })).status).toBe(200);
      }
    },
  );

  it('keeps what is acceptable of several redirect URIs when a scheme is unknown, and says so', async () => {
    const { status, json } = await register({ redirect_uris: ['unheard-of://callback', 'http://localhost:1/cb'] });
    expect(status).toBe(201);
    expect(json['redirect_uris']).toEqual(['http://localhost:1/cb']);
    expectError(await register({ redirect_uris: ['unheard-of://callback'] }), 'invalid_redirect_uri');
    expectError(
      await register({ redirect_uris: ['javascript:alert(1)', 'http://localhost:1/cb'] }),
      'invalid_redirect_uri',
    );
  });

  it.each([
    [
      'unknown members',
      {
        contacts: ['a@b.c'],
        logo_uri: 'https://a.example/x.png',
        jwks: { keys: [] },
        software_statement: 'x.y.z',
        foo: { bar: 1 },
      },
    ],
    ['members that are null', { scope: null, client_name: null, grant_types: null, client_uri: null }],
    ['empty ones', { scope: '', client_name: '', grant_types: [], response_types: [] }],
    [
      'grant types it does not have',
      { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'] },
    ],
  ])('accepts %s', async (_, members) => {
    const { status, json } = await register({ redirect_uris: ['http://localhost:1/cb'], ...members });
    expect(status).toBe(201);
    for (const unknown of ['foo', 'jwks', 'contacts', 'software_statement']) expect(json).not.toHaveProperty(unknown);
    expect(Object.values(json)).not.toContain(null);
  });

  it.each([
    ['grant_types', ['implicit']],
    ['grant_types', 'authorization_code'],
    ['response_types', ['token']],
    ['token_endpoint_auth_method', 'private_key_jwt'],
    ['token_endpoint_auth_method', 'client_secret_jwt'],
    ['client_name', 7],
    ['scope', 'a"b'],
  ])('refuses %s %j', async (name, value) => {
    expectError(await register({ redirect_uris: ['http://localhost:1/cb'], [name]: value }), 'invalid_client_metadata');
  });

  it('gives a secret to who asks for one, each its own, and never again', async () => {
    const ask = () =>
      register({ redirect_uris: ['https://a.example/cb'], token_endpoint_auth_method: 'client_secret_basic' });
    const [first, second] = [await ask(), await ask()];
    expect(first.json).toMatchObject({
      client_secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      client_secret_expires_at: 0,
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(first.json['client_secret']).not.toBe(second.json['client_secret']);
  });

  it('does not limit a client to the scope it registered, or to none', async () => {
    for (const scope of [undefined, '', 'projects:read', 'whatever']) {
      const client = await OAuthClient.register(server.origin, { scope });
      const code = await client.code(person, { parameters: { scope: 'projects:write' } });
      expect((await client.exchange(code)).json['scope']).toBe('projects:read projects:write');
    }
  });

  it('refuses a registration that is too large to travel', async () => {
    const random = () => Array.from({ length: 1800 }, () => Math.random().toString(36)[2]).join('');
    expectError(
      await register({ redirect_uris: [`https://a.example/${random()}`, `https://b.example/${random()}`] }),
      'invalid_client_metadata',
    );
  });

  it('an id is good for as long as anybody keeps it, and to the last character', async () => {
    const client = await OAuthClient.register(server.origin);
    server.clock.advance(400 * 86_400);
    expect((await new HttpBrowser().get(client.authorizeUrl())).status).toBe(200);
    const { client_id } = client.registered;
    for (const changed of [
      client_id.slice(0, -1),
      `${client_id}A`,
      client_id.replace('dyn-', 'dyn_'),
      client_id.toUpperCase(),
      `${client_id}=`,
      'dyn-',
      'dyn-AA',
    ]) {
      expect((await new HttpBrowser().get(client.authorizeUrl({ client_id: changed }))).status).toBe(400);
    }
    server.clock.advance(-400 * 86_400);
  });
});
