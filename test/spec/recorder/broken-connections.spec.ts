import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RegisteredClients } from '../../../src/clients/registered-clients.js';
import { StoredClients } from '../../../src/database/repositories/stored-clients.repository.js';
import type { Rule } from '../../../src/oauth/finding.js';
import { hashSecret } from '../../../src/oauth/secret.js';
import { EN } from '../../../src/texts/en/index.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { Internet } from '../../support/internet.js';
import { OAuthClient, postJson, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { attemptsOf, codeOf, enter, type ShownStep, stepsOf } from '../../support/recorded-attempts.js';
import { startServer, type TestServer } from '../../support/server.js';
import { Tool } from '../../support/tool.js';
import { watch } from '../../support/watch.js';

let server: TestServer;
let internet: Internet;
let ann: Person;
let operator: HttpBrowser;
beforeAll(async () => {
  internet = await Internet.open(['gone.example', 'liar.example']);
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' }, outbound: internet });
  ann = await addPerson(server.app, 'ann@example.com');
  const root = await addPerson(server.app, 'root@example.com', { organization: 'Operators' });
  await server.query('UPDATE users SET operator = true WHERE id = $1', [root.id]);
  operator = await enter(server.origin, root);
});
// All come from one address, which has its share a minute.
beforeEach(() => server.clock.advance(60));
afterAll(async () => {
  await server?.close();
  internet?.close();
});

const DISCOVERY = ['challenge', 'resource-metadata', 'server-metadata', 'registration'];
const ASKED = [...DISCOVERY, 'authorize', 'log-in', 'organization'];
const APPROVED = [...ASKED, 'approval'];
const CONNECTED = [...APPROVED, 'token'];

const tool = () => new Tool(server.origin).discover();
const codeFor = ({ client, browser }: Tool, parameters = {}) => client.code(ann, { browser, parameters });
async function connected(parameters = {}): Promise<{ one: Tool; tokens: Tokens }> {
  const one = await tool();
  const { json } = await one.exchange(await codeFor(one, parameters));
  return { one, tokens: json as unknown as Tokens };
}
const page = async (one: Tool, changes: Record<string, string | undefined>) =>
  textOf((await one.browser.get(one.client.authorizeUrl(changes))).html);
const described = ({ json, headers }: { json: Record<string, unknown>; headers: Headers }) =>
  (json['error_description'] as string | undefined) ?? headers.get('www-authenticate')!;

/** How somebody finds the attempt. */
type Found = { readonly code: string } | { readonly client: string };
interface Broken {
  readonly name: string;
  readonly breaks: () => Promise<Found>;
  readonly steps: readonly string[];
  readonly rule: Rule;
  readonly compared?: Readonly<Record<string, unknown>>;
  /** Steps that may be of another tool. */
  readonly uncertain?: readonly string[];
}

const shownOn = async (text: string | Promise<string>): Promise<Found> => ({ code: codeOf(await text) });
const UNTIL_AUTHORIZE = [...DISCOVERY, 'authorize'];

const BROKEN: readonly Broken[] = [
  {
    name: 'another path in the redirect URI than was registered',
    breaks: async () => shownOn(page(await tool(), { redirect_uri: 'http://127.0.0.1:53682/other' })),
    steps: UNTIL_AUTHORIZE,
    rule: 'redirect-uri-registered',
    compared: { presented: 'http://127.0.0.1:53682/other', registered: 'http://127.0.0.1:53682/callback' },
  },
  {
    name: 'another port in a redirect URI that is not on this computer',
    breaks: async () => {
      const one = await new Tool(server.origin).discover({ redirect_uris: ['https://tool.example/cb'] });
      return shownOn(page(one, { redirect_uri: 'https://tool.example:8443/cb' }));
    },
    steps: UNTIL_AUTHORIZE,
    rule: 'redirect-uri-registered',
    compared: { presented: 'https://tool.example:8443/cb', registered: 'https://tool.example/cb' },
  },
  {
    name: 'a redirect URI that cannot be registered',
    breaks: async () =>
      shownOn(described(await new Tool(server.origin).register({ redirect_uris: ['http://app.example/cb'] }))),
    steps: ['registration'],
    rule: 'redirect-uri-form',
    compared: { asked: 'http://app.example/cb' },
  },
  {
    name: 'a client id of another server, or of a retired secret',
    breaks: async () => {
      const one = await tool();
      return shownOn(page(one, { client_id: 'dyn-made-elsewhere' }));
    },
    steps: ['authorize'],
    rule: 'client-known',
    compared: { client_id: 'dyn-made-elsewhere' },
  },
  {
    name: 'an unknown client at the token endpoint',
    breaks: async () =>
      shownOn(
        described(await new Tool(server.origin).token({ grant_type: 'refresh_token', client_id: 'dyn-long-gone' })),
      ),
    steps: ['refresh'],
    rule: 'client-known',
    compared: { client_id: 'dyn-long-gone' },
  },
  {
    name: 'a document that cannot be fetched',
    breaks: async () => {
      const one = new Tool(server.origin);
      one.client = new OAuthClient(server.origin, {
        client_id: 'https://gone.example/client.json',
        redirect_uris: ['https://gone.example/cb'],
      });
      const asked = await one.browser.get(one.client.authorizeUrl());
      return shownOn(textOf((await one.browser.submit(asked, 'Log in', ann as never)).html));
    },
    steps: ['document', 'log-in', 'authorize'],
    rule: 'client-document',
    compared: { client_id: 'https://gone.example/client.json', found: expect.stringContaining('404') },
  },
  {
    name: 'a document that says it is another',
    breaks: async () => {
      internet.publish('https://liar.example/client.json', {
        client_id: 'https://other.example/client.json',
        redirect_uris: ['https://liar.example/cb'],
      });
      const one = new Tool(server.origin);
      one.client = new OAuthClient(server.origin, {
        client_id: 'https://liar.example/client.json',
        redirect_uris: ['https://liar.example/cb'],
      });
      const asked = await one.browser.get(one.client.authorizeUrl());
      return shownOn(textOf((await one.browser.submit(asked, 'Log in', ann as never)).html));
    },
    steps: ['document', 'log-in', 'authorize'],
    rule: 'client-document',
    compared: { found: expect.stringContaining('client_id') },
  },
  {
    name: 'no PKCE',
    breaks: async () => shownOn(page(await tool(), { code_challenge: undefined, code_challenge_method: undefined })),
    steps: UNTIL_AUTHORIZE,
    rule: 'parameter-form',
    compared: { parameter: 'code_challenge' },
  },
  {
    name: 'plain PKCE',
    breaks: async () => shownOn(page(await tool(), { code_challenge_method: 'plain' })),
    steps: UNTIL_AUTHORIZE,
    rule: 'code-challenge',
    compared: { method: 'plain' },
  },
  {
    name: 'another verifier',
    breaks: async () => {
      const one = await tool();
      return shownOn(described(await one.exchange(await codeFor(one), { code_verifier: 'v'.repeat(43) })));
    },
    steps: CONNECTED,
    rule: 'code-proof',
    compared: { client_matches: 'true', code_verifier_matches: 'false', failures: '1' },
  },
  {
    name: 'a code that was cut on its way',
    breaks: async () => {
      const one = await tool();
      return shownOn(described(await one.exchange((await codeFor(one)).slice(0, 20))));
    },
    steps: CONNECTED,
    rule: 'code-known',
  },
  {
    name: 'a code used twice',
    breaks: async () => {
      const one = await tool();
      const code = await codeFor(one);
      await one.exchange(code);
      return shownOn(described(await one.exchange(code)));
    },
    steps: [...CONNECTED, 'token'],
    rule: 'code-once',
    compared: { used: expect.stringMatching(/^20.*Z$/) },
  },
  {
    name: 'a code that is too old',
    breaks: async () => {
      const one = await tool();
      const code = await codeFor(one);
      server.clock.advance(601);
      return shownOn(described(await one.exchange(code)));
    },
    steps: CONNECTED,
    rule: 'code-life',
    compared: { expires: expect.stringMatching(/^20.*Z$/), now: expect.stringMatching(/^20.*Z$/) },
  },
  {
    name: 'a resource that is not protected here',
    breaks: async () => shownOn(page(await tool(), { resource: 'https://elsewhere.example/mcp' })),
    steps: UNTIL_AUTHORIZE,
    rule: 'resource-known',
    compared: { asked: 'https://elsewhere.example/mcp', known: expect.stringContaining('/mcp') },
  },
  {
    name: 'an old refresh token after the grace time',
    breaks: async () => {
      const { one, tokens } = await connected();
      await one.refresh(tokens.refresh_token);
      server.clock.advance(121);
      return shownOn(described(await one.refresh(tokens.refresh_token)));
    },
    steps: [...CONNECTED, 'refresh'],
    rule: 'refresh-token-once',
    compared: { presented_generation: '1', current_generation: '2', grace_seconds: '120' },
  },
  {
    name: 'a refresh token of another client',
    breaks: async () => {
      const { tokens } = await connected();
      return shownOn(described(await (await tool()).refresh(tokens.refresh_token)));
    },
    steps: [...CONNECTED, 'challenge', 'resource-metadata', 'server-metadata', 'refresh'],
    uncertain: ['challenge', 'resource-metadata', 'server-metadata'],
    rule: 'refresh-token-known',
    compared: { found: 'false' },
  },
  {
    name: 'disconnected by the person',
    breaks: async () => {
      const { one, tokens } = await connected();
      await one.client.revoke(tokens.refresh_token);
      return shownOn(described(await one.refresh(tokens.refresh_token)));
    },
    steps: [...CONNECTED, 'refresh'],
    rule: 'grant-stands',
    compared: { why: 'revoked: token_revoked' },
  },
  {
    name: 'the person is no longer a member',
    breaks: async () => {
      const { one, tokens } = await connected();
      const { organizationId } = await addPerson(
        server.app,
        `o${one.name.replace(' ', '').toLowerCase()}@example.com`,
        {
          organization: 'Other',
        },
      );
      await server.query('UPDATE grants SET organization_id = $1 WHERE id = $2', [organizationId, sidOf(tokens)]);
      return shownOn(described(await one.refresh(tokens.refresh_token)));
    },
    steps: [...CONNECTED, 'refresh'],
    rule: 'grant-stands',
    compared: { why: 'person no longer a member' },
  },
  {
    name: 'the client is blocked',
    breaks: async () => {
      const { one, tokens } = await connected();
      const stored = server.app.get(StoredClients, { strict: false });
      await stored.block((await stored.find(hashSecret(one.client.registered.client_id)))!, server.clock.now());
      return shownOn(described(await one.refresh(tokens.refresh_token)));
    },
    steps: [...CONNECTED, 'refresh'],
    rule: 'grant-stands',
    compared: { why: 'revoked: client_blocked' },
  },
  {
    name: 'permissions nobody knows',
    breaks: async () => shownOn(page(await tool(), { scope: 'admin' })),
    steps: UNTIL_AUTHORIZE,
    rule: 'scope-known',
    compared: { asked: 'admin', known: expect.stringContaining('projects:read') },
  },
  {
    name: 'a call that needs more than was approved',
    breaks: async () => {
      const { one, tokens } = await connected({ scope: 'organization:read' });
      const params = { name: 'create_project', arguments: {} };
      return shownOn(described(await one.callMcp(tokens.access_token, { method: 'tools/call', params })));
    },
    steps: [...CONNECTED, 'call'],
    rule: 'access-token-scope',
    compared: { granted: 'organization:read', missing: 'projects:write' },
  },
  {
    name: 'a call that the role does not allow, whatever is approved',
    breaks: async () => {
      const member = await addPerson(server.app, 'm@example.com', { into: ann.organizationId, role: 'member' });
      const one = await tool();
      const { json } = await one.exchange(await one.client.code(member, { browser: one.browser }));
      const params = { name: 'create_project', arguments: {} };
      await one.callMcp(json['access_token'] as string, { method: 'tools/call', params });
      return { client: one.client.registered.client_id };
    },
    steps: [...CONNECTED, 'call'],
    rule: 'scope-allowed',
    compared: { missing: 'projects:write', role: 'member' },
  },
  {
    name: 'no Authorization header, once there is a token',
    breaks: async () => {
      const { one } = await connected();
      await one.callMcp(undefined);
      return { client: one.client.registered.client_id };
    },
    steps: [...CONNECTED, 'challenge'],
    rule: 'access-token-presented',
  },
  {
    name: 'a token for another server',
    breaks: async () => {
      const one = await tool();
      const claims = Buffer.from(JSON.stringify({ aud: 'https://files.example/mcp', iss: 'https://else.example' }));
      const forged = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${claims.toString('base64url')}.c2ln`;
      return shownOn(described(await one.callMcp(forged)));
    },
    steps: [...DISCOVERY, 'call'],
    rule: 'access-token',
    compared: { audience: 'https://files.example/mcp', expected_audience: expect.stringMatching(/^http:.*\/mcp$/) },
  },
  {
    name: 'an access token that expired',
    breaks: async () => {
      const { one, tokens } = await connected();
      await one.callMcp(tokens.access_token);
      server.clock.advance(3_601);
      return shownOn(described(await one.callMcp(tokens.access_token)));
    },
    steps: [...CONNECTED, 'call', 'call'],
    rule: 'access-token',
    compared: { expires: expect.stringMatching(/^20.*Z$/), now: expect.stringMatching(/^20.*Z$/) },
  },
  {
    name: 'a token in the address as well',
    breaks: async () => {
      const { one, tokens } = await connected();
      return shownOn(
        described(await one.callMcp(tokens.access_token, { query: `?access_token=${tokens.access_token}` })),
      );
    },
    steps: [...CONNECTED, 'call'],
    rule: 'access-token-sent-once',
  },
  {
    name: 'cookies are blocked',
    breaks: async () => {
      const one = await tool();
      const asked = await one.browser.get(one.client.authorizeUrl());
      one.browser.cookies.clear();
      return shownOn(textOf((await one.browser.get(asked.url)).html));
    },
    steps: ['log-in'],
    rule: 'page-of-this-browser',
    compared: { cookie: 'missing' },
  },
  {
    name: 'opened in another browser',
    breaks: async () => {
      const one = await tool();
      const { page: asked } = await one.client.toApproval(ann, { browser: one.browser });
      const other = new HttpBrowser({ 'user-agent': 'Another browser' });
      await other.get(`${server.origin}/console/login`);
      return shownOn(textOf((await other.get(asked.url)).html));
    },
    steps: ['approval'],
    rule: 'page-of-this-browser',
    compared: { cookie: 'another' },
  },
  {
    name: 'answered after more than an hour',
    breaks: async () => {
      const one = await tool();
      const asked = await one.browser.get(one.client.authorizeUrl());
      server.clock.advance(3_601);
      return shownOn(textOf((await one.browser.get(asked.url)).html));
    },
    steps: ['log-in'],
    rule: 'page-in-time',
  },
  {
    name: 'a wrong password',
    breaks: async () => {
      const one = await tool();
      const asked = await one.browser.get(one.client.authorizeUrl());
      await one.browser.submit(asked, 'Log in', { email: ann.email, password: 'wrong' });
      return { client: one.client.registered.client_id };
    },
    steps: [...UNTIL_AUTHORIZE, 'log-in'],
    rule: 'log-in',
  },
  {
    name: 'denied by the person',
    breaks: async () => {
      const one = await tool();
      await one.client.authorize(ann, { browser: one.browser, decision: 'Deny' });
      return { client: one.client.registered.client_id };
    },
    steps: APPROVED,
    rule: 'person-approves',
  },
  {
    name: 'no organization chosen',
    breaks: async () => {
      const one = await tool();
      const homeless = await addPerson(server.app, `h${one.name.replace(' ', '').toLowerCase()}@example.com`, {
        none: true,
      });
      const asked = await one.browser.get(one.client.authorizeUrl());
      const choice = await one.browser.submit(asked, 'Log in', homeless as never);
      await one.browser.submit(choice, 'Create organization', { name: ' ' });
      return { client: one.client.registered.client_id };
    },
    steps: [...UNTIL_AUTHORIZE, 'log-in', 'organization'],
    rule: 'organization-chosen',
  },
  {
    name: 'no second factor, where the organization requires one',
    breaks: async () => {
      const one = await tool();
      const strict = await addPerson(server.app, `s${one.name.replace(' ', '').toLowerCase()}@example.com`);
      await server.query('UPDATE organizations SET requires_second_factor = true WHERE id = $1', [
        strict.organizationId,
      ]);
      await one.client.toApproval(strict, { browser: one.browser });
      return { client: one.client.registered.client_id };
    },
    steps: APPROVED,
    rule: 'second-factor',
  },
  {
    name: 'a web page that is not allowed',
    breaks: async () => {
      const { one, tokens } = await connected();
      return shownOn(
        described(await one.callMcp(tokens.access_token, { headers: { origin: 'https://evil.example' } })),
      );
    },
    steps: [...CONNECTED, 'call'],
    rule: 'origin-allowed',
    compared: { origin: 'https://evil.example' },
  },
  {
    name: 'a body in JSON at the token endpoint',
    breaks: async () => shownOn(described(await postJson(`${server.origin}/mcp/oauth/token`, { grant_type: 'x' }))),
    steps: ['token'],
    rule: 'body-form',
    compared: { content_type: 'application/json' },
  },
  {
    name: 'another way of client authentication than registered',
    breaks: async () => {
      const one = await tool();
      const code = await codeFor(one);
      return shownOn(described(await one.exchange(code, { client_secret: 'made-up' })));
    },
    steps: CONNECTED,
    rule: 'client-authentication-method',
    compared: { presented: 'client_secret_post', registered: 'none' },
  },
  {
    name: 'a wrong client secret',
    breaks: async () => {
      const { clientId } = await server.app.get(RegisteredClients, { strict: false }).register({
        name: 'Desk',
        redirectUris: ['https://desk.example/cb'],
        authMethod: 'client_secret_post',
        trusted: false,
      });
      const form = { grant_type: 'refresh_token', client_id: clientId, client_secret: 'wrong' };
      return shownOn(described(await new Tool(server.origin).token(form)));
    },
    steps: ['refresh'],
    rule: 'client-secret',
  },
  {
    name: 'the approval page sent twice',
    breaks: async () => {
      const one = await tool();
      const { browser, page: asked } = await one.client.toApproval(ann, { browser: one.browser });
      await browser.submit(asked, 'Approve');
      return shownOn(textOf((await browser.submit(asked, 'Approve')).html));
    },
    steps: [...APPROVED, 'approval'],
    rule: 'answered-once',
  },
];

const sidOf = ({ access_token }: Tokens) =>
  (JSON.parse(Buffer.from(access_token.split('.')[1]!, 'base64url').toString()) as { sid: string }).sid;

/** What an operator sees who looks for it. */
async function lookUp(found: Found): Promise<ShownStep[]> {
  const list = await operator.get(`${server.origin}/console/operator/attempts?${new URLSearchParams(found)}`);
  const [newest] = attemptsOf(list);
  expect({ found, listed: newest !== undefined, status: list.status }).toEqual({ found, listed: true, status: 200 });
  const shown = await operator.get(server.origin + newest!);
  for (const secret of watch.secrets) expect(shown.html.includes(secret)).toBe(false);
  return stepsOf(shown);
}

describe('a broken connection is explained to whoever looks for it', () => {
  it.each(BROKEN.map((one) => [one.name, one] as const))('%s', async (_, broke) => {
    const { breaks, steps, rule, compared = {}, uncertain = [] } = broke;
    const found = await breaks();
    const shown = await lookUp(found);
    expect(shown.map(({ kind }) => kind)).toEqual(steps);
    const broken = shown.at(-1)!;
    expect(broken).toMatchObject({ failed: true, rule, compared, cure: textOf(EN[`cure.operator.${rule}`]) });
    if ('code' in found) expect(broken.code).toBe(found.code);
    // What came before went well, and belongs here for certain.
    expect(shown.slice(0, -1).filter(({ failed }) => failed)).toEqual([]);
    expect(shown.filter((one) => one.uncertain).map(({ kind }) => kind)).toEqual(uncertain);
  });
});
