import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { format } from 'prettier';
import { HttpBrowser } from '../support/http-browser.js';
import { Internet } from '../support/internet.js';
import { callMcp, postForm, postJson, type Tokens } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';
import { watch } from '../support/watch.js';

type Parameters = Readonly<Record<string, string>>;

/** How a real tool behaves, as data. `{origin}` and `{mcp}` stand for the server's own. */
interface Fixture {
  readonly client: string;
  readonly known_from: string;
  readonly registrations: readonly {
    readonly document?: string;
    readonly keys?: string;
    readonly metadata?: Record<string, unknown>;
    readonly dynamic?: Record<string, unknown>;
  }[];
  /** The origin of the web page it runs in. */
  readonly page?: string;
  readonly probes: readonly { readonly method?: string; readonly path: string; readonly status: number }[];
  /** One after another: first, when it connects again, and after it was disconnected. */
  readonly connections: readonly {
    readonly redirect_uri: string;
    readonly authorize: Parameters;
    readonly token: Parameters;
  }[];
  readonly refresh: Parameters;
}

const FOLDER = 'test/clients/fixtures';
const FIXTURES = readdirSync(FOLDER)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Fixture);
const CASES = FIXTURES.flatMap((fixture) =>
  fixture.registrations.map(
    (registration) =>
      [fixture.client, registration.document ? 'its document' : 'registration', fixture, registration] as const,
  ),
);
const HOSTS = [...new Set(CASES.flatMap(([, , , { document }]) => (document ? [new URL(document).host] : [])))];
const PROCESSES = 3;
const STEPS = [
  'finds its way',
  'connects',
  'calls a tool',
  'refreshes three at once',
  'connects again',
  'is disconnected',
];

const run = promisify(execFile);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
let internet: Internet;
let server: TestServer;
let person: Person;
/** What each tool managed, for the table. */
const results = new Map<string, string[]>();

beforeAll(async () => {
  internet = await Internet.open(HOSTS);
  server = await startServer({ database: 'postgres', outbound: internet });
  person = await addPerson(server.app, 'ann@example.com');
  const jwk = { ...(await exportJWK(rsa.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  for (const [, , , { document, keys, metadata }] of CASES) {
    if (document) internet.publish(document, { client_id: document, ...metadata });
    if (keys) internet.publish(keys, { keys: [jwk] });
  }
});
afterAll(async () => {
  await server?.close();
  internet?.close();
});

/** One tool, as it was registered. */
class Tool {
  readonly browser = new HttpBrowser();
  clientId = '';
  private verifier = '';

  constructor(
    private readonly fixture: Fixture,
    private readonly registration: Fixture['registrations'][number],
  ) {}

  async register(): Promise<void> {
    const { document, dynamic } = this.registration;
    if (document) return void (this.clientId = document);
    const { status, json } = await postJson(`${server.origin}/mcp/oauth/register`, dynamic);
    expect(status).toBe(201);
    expect(json['redirect_uris']).toEqual(dynamic!['redirect_uris']);
    expect(Object.values(json)).not.toContain(null);
    this.clientId = json['client_id'] as string;
    expect(this.clientId.length).toBeLessThan(256);
  }

  /** The whole flow, as the connection says; the tokens. */
  async connect({ redirect_uri, authorize, token }: Fixture['connections'][number]): Promise<Tokens> {
    this.verifier = watch.keep(randomBytes(32).toString('base64url'));
    const state = randomBytes(16).toString('hex');
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: this.clientId,
      redirect_uri,
      state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...placed(authorize),
    });
    let page = await this.browser.get(`${server.origin}/mcp/oauth/authorize?${query}`);
    if (page.url.includes('/authorize/login'))
      page = await this.browser.submit(page, 'Log in', { email: person.email, password: person.password });
    page = await this.browser.submit(page, 'Continue', { organization: person.organizationId });
    page = await this.browser.submit(page, 'Approve');
    // An application's own scheme is opened by a page, since browsers stay where they are.
    const opened = /<a[^>]* href="([^"]+)"/
      .exec(page.html)?.[1]
      ?.replace(/&amp;/g, '&')
      .replace(/&#x3D;/g, '=');
    const location = page.leftTo ?? opened!;
    expect(location.startsWith(redirect_uri)).toBe(true);
    const answer = new URL(location).searchParams;
    expect([answer.get('state'), answer.getAll('iss')]).toEqual([state, [`${server.origin}/mcp`]]);
    const { status, json } = await postForm(`${server.origin}/mcp/oauth/token`, {
      grant_type: 'authorization_code',
      code: watch.keep(answer.get('code')!),
      code_verifier: this.verifier,
      redirect_uri,
      ...placed(token),
      ...(await this.authentication()),
    });
    expect([status, json['token_type']]).toEqual([200, 'Bearer']);
    return json as unknown as Tokens;
  }

  async refreshForm(refreshToken: string): Promise<string> {
    const own = { ...placed(this.fixture.refresh), ...(await this.authentication()) };
    return new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, ...own }).toString();
  }

  async revoke(token: string): Promise<void> {
    const { status } = await postForm(`${server.origin}/mcp/oauth/revoke`, { token, ...(await this.authentication()) });
    expect(status).toBe(200);
  }

  /** By a signed assertion when it publishes keys, else by its id alone. */
  private async authentication(): Promise<Record<string, string>> {
    if (!this.registration.keys) return { client_id: this.clientId };
    const jwt = new SignJWT({ jti: randomBytes(16).toString('hex') })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(this.clientId)
      .setSubject(this.clientId)
      .setAudience(`${server.origin}/mcp/oauth/token`)
      .setIssuedAt()
      .setExpirationTime('5m');
    return {
      client_id: this.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await jwt.sign(rsa.privateKey),
    };
  }
}

function placed(parameters: Parameters): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      value.replace('{mcp}', `${server.origin}/mcp`).replace('{origin}', server.origin),
    ]),
  );
}

async function finds(fixture: Fixture): Promise<void> {
  const headers = { 'mcp-protocol-version': '2025-06-18', ...(fixture.page && { origin: fixture.page }) };
  for (const { method = 'GET', path, status } of fixture.probes) {
    const preflight = method === 'OPTIONS' && {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
    };
    const response = await fetch(server.origin + path, {
      method,
      headers: { ...headers, ...preflight },
      redirect: 'error',
    });
    expect({ method, path, status: response.status }).toEqual({ method, path, status });
    if (fixture.page) expect(response.headers.get('access-control-allow-origin')).toBe('*');
    if (status === 401) expect(response.headers.get('www-authenticate')).toContain('resource_metadata="');
  }
}

describe('real tools, by their published documents and habits', () => {
  it.each(CASES)(
    '%s, by %s',
    async (client, by, fixture, registration) => {
      const done: string[] = [];
      results.set(`${client} by ${by}`, done);
      const tool = new Tool(fixture, registration);
      const [first, ...others] = fixture.connections;
      const connection = (index: number) => [first!, ...others][index % fixture.connections.length]!;

      await finds(fixture);
      done.push(STEPS[0]!);

      await tool.register();
      let tokens = await tool.connect(connection(0));
      done.push(STEPS[1]!);

      const whoami = (token: string) => callMcp(server.origin, token, 'tools/call', { name: 'whoami', arguments: {} });
      expect((await whoami(tokens.access_token)).status).toBe(200);
      done.push(STEPS[2]!);

      const forms = await Promise.all(Array.from({ length: PROCESSES }, () => tool.refreshForm(tokens.refresh_token)));
      const refreshed = await Promise.all(
        forms.map(async (form) => {
          const args = ['test/support/refresh.mjs', `${server.origin}/mcp/oauth/token`, form];
          return JSON.parse((await run(process.execPath, args)).stdout) as { status: number; json: Tokens };
        }),
      );
      expect(refreshed.map(({ status }) => status)).toEqual(Array(PROCESSES).fill(200));
      const successors = new Set(refreshed.map(({ json }) => watch.keep(json.refresh_token)));
      expect(successors.size).toBe(1);
      for (const { json } of refreshed) expect((await whoami(watch.keep(json.access_token))).status).toBe(200);
      done.push(STEPS[3]!);

      const earlier = refreshed[0]!.json;
      tokens = await tool.connect(connection(1));
      expect((await whoami(tokens.access_token)).status).toBe(200);
      expect((await whoami(earlier.access_token)).status).toBe(200);
      done.push(STEPS[4]!);

      await tool.revoke(tokens.refresh_token);
      const refused = await whoami(tokens.access_token);
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ]);
      expect((await whoami(earlier.access_token)).status).toBe(200);
      tokens = await tool.connect(connection(2));
      expect((await whoami(tokens.access_token)).status).toBe(200);
      done.push(STEPS[5]!);
    },
    30_000,
  );

  it('docs/compatibility.md says what was found here', async () => {
    const page = await format(compatibilityPage(), { parser: 'markdown', printWidth: 120 });
    if (process.env['UPDATE_DOCS']) writeFileSync('docs/compatibility.md', page);
    expect(readFileSync('docs/compatibility.md', 'utf8')).toBe(page);
  });
});

function compatibilityPage(): string {
  const header = ['Tool', 'Known by', ...STEPS];
  const rows = CASES.map(([client, by]) => {
    const done = results.get(`${client} by ${by}`) ?? [];
    return [client, by, ...STEPS.map((step) => (done.includes(step) ? 'yes' : '**no**'))];
  });
  const table = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const sources = FIXTURES.map(({ client, known_from }) => `- **${client}**: ${known_from}.`).join('\n');
  return `# Compatibility

Printed by \`test/clients/compatibility.spec.ts\` from what it found; \`npm run compatibility\` prints it again. Each tool is
described as data in \`test/clients/fixtures/\`: what it registers or publishes, the redirect URIs it then uses, what it asks
for and probes, how it refreshes. The runner drives each through everything below, unmodified in each of these habits.

${table}

"Is disconnected" includes that its token is refused at once, that its other connection goes on, and that it can connect
again. Refreshing three at once is done by three processes with one refresh token: all get the same successor.

Where the habits are known from:

${sources}

Official and other clients run as they are published, in \`test/clients/\`: \`@modelcontextprotocol/sdk\` 1,
\`@modelcontextprotocol/client\` 2 (both revisions), \`mcp-remote\`, MCP Inspector, \`openid-client\`, \`oauth4webapi\`.
`;
}
