import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RegisteredClients } from '../../../src/clients/registered-clients.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { type Answer, callMcp, OAuthClient, postForm, postJson, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { declareResource } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';

let server: TestServer;
let person: Person;
let client: OAuthClient;
let tokens: Tokens;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
  tokens = await client.again().connect(person);
  await declareResource(server);
});
afterAll(() => server?.close());

/** The line of the log under the support code of this answer. */
function lineOf(shown: string): string {
  const code = /support code ([A-Z2-9]{10})/i.exec(shown)?.[1];
  const lines = watch.logged.filter((one) => code !== undefined && one.includes(`[${code}]`));
  expect({ shown, lines }).toEqual({ shown, lines: [expect.any(String)] });
  return lines[0]!;
}

const token = (parameters: Record<string, string>, headers?: Record<string, string>) =>
  postForm(`${server.origin}/mcp/oauth/token`, parameters, headers);
const register = (metadata: Record<string, unknown>) => postJson(`${server.origin}/mcp/oauth/register`, metadata);
const rawMcp = async (headers: Record<string, string>): Promise<Answer> => {
  const response = await fetch(`${server.origin}/mcp`, { method: 'POST', headers });
  return { status: response.status, headers: response.headers, json: (await response.json()) as never };
};
const id = () => client.registered.client_id;

/** What goes wrong, the rule the log names, and the values it compares. */
const REFUSALS: [string, () => Promise<Answer>, RegExp][] = [
  ['an unknown client', () => token({ grant_type: 'x', client_id: 'dyn-gone' }), /client-known .*client_id="dyn-gone"/],
  ['no client', () => token({ grant_type: 'x' }), /parameter-form .*parameter="client_id"/],
  [
    'a public client with a secret',
    () => token({ grant_type: 'x', client_id: id(), client_secret: 'a' }),
    /client-authentication-method .*presented="client_secret_post" registered="none"/,
  ],
  [
    'a wrong secret',
    async () => {
      const { clientId } = await server.app.get(RegisteredClients, { strict: false }).register({
        name: 'Desk',
        redirectUris: ['https://desk.example/cb'],
        authMethod: 'client_secret_post',
        trusted: false,
      });
      return token({ grant_type: 'x', client_id: clientId, client_secret: 'wrong' });
    },
    /client-secret .*client_id="reg-.*client rotate-secret/,
  ],
  [
    'a JSON body',
    () => postJson(`${server.origin}/mcp/oauth/token`, {}),
    /body-form .*content_type="application\/json"/,
  ],
  [
    'another grant type',
    () => token({ grant_type: 'password', client_id: id() }),
    /grant-type \(RFC 6749 §5.2\); grant_type="password"/,
  ],
  [
    'a code nobody made',
    () => token({ grant_type: 'authorization_code', client_id: id(), code: 'nonsense', code_verifier: 'v'.repeat(43) }),
    /code-known/,
  ],
  [
    'a short verifier',
    () => token({ grant_type: 'authorization_code', client_id: id(), code: 'nonsense', code_verifier: 'v' }),
    /code-verifier-form .*length=1;/,
  ],
  [
    'another verifier',
    async () => {
      const own = client.again();
      return own.exchange(await own.code(person), { code_verifier: 'v'.repeat(43) });
    },
    /code-proof .*client_matches=true code_verifier_matches=false/,
  ],
  [
    'another redirect URI',
    async () => {
      const own = client.again();
      return own.exchange(await own.code(person), { redirect_uri: 'http://127.0.0.1:1/callback' });
    },
    /code-proof .*redirect_uri="http:\/\/127.0.0.1:1\/callback" asked_for_with="http:\/\/127.0.0.1:53682\/callback"/,
  ],
  [
    'a code used twice',
    async () => {
      const own = client.again();
      const code = await own.code(person);
      await own.exchange(code);
      return own.exchange(code);
    },
    /code-once .*grant="[0-9a-f-]{36}" used="/,
  ],
  ['a refresh token nobody made', () => client.refresh('nonsense'), /refresh-token-known .*made_here=false/],
  [
    'a refresh token used long ago',
    async () => {
      const own = client.again();
      const first = await own.connect(person);
      const second = await own.refresh(first.refresh_token);
      await own.refresh(second.json['refresh_token'] as string);
      return own.refresh(first.refresh_token);
    },
    /refresh-token-once .*presented_generation=1 current_generation=3 rotated_seconds_ago=\d+ grace_seconds=120/,
  ],
  [
    'a connection that was ended',
    async () => {
      const own = client.again();
      const { refresh_token } = await own.connect(person);
      await own.revoke(refresh_token);
      return own.refresh(refresh_token);
    },
    /grant-stands .*why="revoked: token_revoked"/,
  ],
  [
    'a refresh for more',
    async () => {
      const own = client.again();
      const { refresh_token } = await own.connect(person, { parameters: { scope: 'projects:read' } });
      return own.refresh(refresh_token, { scope: 'projects:write' });
    },
    /scope-granted .*asked=\["projects:write"\] approved=\["projects:read"\]/,
  ],
  [
    'a refresh for another resource',
    async () => {
      const own = client.again();
      return own.refresh((await own.connect(person)).refresh_token, { resource: 'https://files.example.com/mcp' });
    },
    /resource-granted .*asked="https:\/\/files.example.com\/mcp" granted="http/,
  ],
  [
    'a redirect URI of no use',
    () => register({ redirect_uris: ['http://app.example/cb'] }),
    /redirect-uri-form .*asked=\["http:\/\/app.example\/cb"\]/,
  ],
  ['a registration without one', () => register({ client_name: 'X' }), /registration \(RFC 7591 §2\)/],
  [
    'wrong credentials of a resource server',
    () =>
      postForm(`${server.origin}/mcp/oauth/introspect`, { token: 'x' }, { authorization: `Basic ${btoa('rs-x:y')}` }),
    /resource-server-credentials/,
  ],
  [
    'a wrong method',
    async () => answered(await fetch(`${server.origin}/mcp/oauth/token`)),
    /request-form .*method="GET"/,
  ],
  ['a bad access token', () => callMcp(server.origin, 'rubbish'), /access-token \(RFC 6750 §3.1\)/],
  [
    'a missing scope',
    async () => {
      const narrow = await client.again().connect(person, { parameters: { scope: 'organization:read' } });
      return callMcp(server.origin, narrow.access_token, 'tools/call', { name: 'create_project', arguments: {} });
    },
    /access-token-scope .*granted=\["organization:read"\] missing=\["projects:write"\]/,
  ],
  [
    'a foreign web page',
    () => rawMcp({ authorization: `Bearer ${tokens.access_token}`, origin: 'https://evil.example' }),
    /origin-allowed .*origin="https:\/\/evil.example" allowed=\[\].*MCP_ORIGINS/,
  ],
];

const answered = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: response.headers,
  json: (await response.json()) as Record<string, unknown>,
});

/** Pages of the authorization endpoint, by what is changed in a good request. */
const PAGES: [string, Record<string, string | undefined>, RegExp][] = [
  [
    'an unknown client',
    { client_id: 'dyn-gone' },
    /client-known .*client_id="dyn-gone".*remove the server from the tool/,
  ],
  [
    'an unregistered redirect URI',
    { redirect_uri: 'http://127.0.0.1:53682/other' },
    /redirect-uri-registered .*presented="http:\/\/127.0.0.1:53682\/other" registered=\["http:\/\/127.0.0.1:53682\/callback"\]/,
  ],
  [
    'a redirect URI of no use',
    { redirect_uri: 'javascript:alert(1)' },
    /redirect-uri-form .*presented="javascript:alert/,
  ],
  ['no client', { client_id: undefined }, /parameter-form .*parameter="client_id"/],
  ['plain PKCE', { code_challenge_method: 'plain' }, /code-challenge .*method="plain"/],
  ['no PKCE', { code_challenge: undefined }, /parameter-form .*parameter="code_challenge"/],
  ['the implicit flow', { response_type: 'token' }, /response-type .*response_type="token"/],
  ['another resource', { resource: 'https://elsewhere.example/mcp' }, /resource-known .*asked=\["https:\/\/elsewhere/],
  ['unknown scopes', { scope: 'admin' }, /scope-known .*asked=\["admin"\] known=\["organization:read"/],
  ['an unknown prompt', { prompt: 'x' }, /prompt .*prompt="x"/],
  ['a request object', { request: 'x' }, /no-request-object/],
];

describe('every refusal has a support code, and the log says under it why and what mends it', () => {
  it.each(REFUSALS)('as JSON: %s', async (_, refuse, expected) => {
    const { json } = await refuse();
    expect(lineOf(json['error_description'] as string)).toMatch(expected);
  });

  it.each(PAGES)('as a page: %s', async (_, changes, expected) => {
    const page = await new HttpBrowser().get(client.again().authorizeUrl(changes));
    expect(page.status).toBe(400);
    expect(lineOf(textOf(page.html))).toMatch(expected);
  });

  it('the page and what it would take back to the tool have the same code', async () => {
    const page = await new HttpBrowser().get(client.again().authorizeUrl({ scope: 'admin' }));
    const code = /Support code ([A-Z2-9]{10})/.exec(textOf(page.html))![1]!;
    expect(decodeURIComponent(page.html)).toContain(`(support code ${code})`);
  });

  it('a challenge has it in its header', async () => {
    const { headers } = await callMcp(server.origin, 'rubbish');
    expect(lineOf(headers.get('www-authenticate')!)).toContain('access-token');
  });

  it('pages of others, that were answered, and without a decision', async () => {
    const own = client.again();
    const { browser, page } = await own.toApproval(person);
    const foreign: WebPage = await new HttpBrowser().get(page.url);
    expect(lineOf(textOf(foreign.html))).toMatch(/page-of-this-browser .*cookie="missing"/);
    await browser.submit(page, 'Approve');
    expect(lineOf(textOf((await browser.submit(page, 'Approve')).html))).toMatch(/answered-once .*request="/);
  });

  it('holds no secret of the request', async () => {
    const verifier = createHash('sha256').update('one').digest('base64url');
    watch.keep(verifier);
    await token({ grant_type: 'authorization_code', client_id: id(), code: verifier, code_verifier: verifier });
    await token({ grant_type: 'refresh_token', client_id: id(), refresh_token: verifier });
    await callMcp(server.origin, verifier);
    expect(watch.logged.join('\n')).not.toContain(verifier);
  });

  it('nothing of the request reaches a terminal as a command', async () => {
    const { json } = await register({ redirect_uris: ['http://x.example/\u001b[2J\u202e\n[AAAAAAAAAA] forged'] });
    const line = lineOf(json['error_description'] as string);
    expect(line).not.toMatch(/[\u001b\u202e\n]/);
    expect(line).toContain('\\u202e');
  });
});
