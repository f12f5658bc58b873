import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { examine } from '../../../src/doctor/doctor.js';
import { FAULTS, type Fault } from '../../../src/doctor/faults.js';
import { TOOLS } from '../../../src/doctor/tools.js';
import { newDatabase, type TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/postgres-server.mjs';
import { type Meddling, ReverseProxy } from '../../support/reverse-proxy.js';
import { type ServerProcess, startProcess } from '../../support/server.js';
import { runBeside, runCommand } from '../../support/command-line.js';

let database: TestDatabase;
let proxy: ReverseProxy;
let server: ServerProcess;
beforeAll(async () => {
  database = await newDatabase('postgres');
  proxy = await ReverseProxy.start();
  server = await startProcess(database, { PUBLIC_URL: proxy.origin });
}, 60_000);
afterAll(async () => {
  await server?.kill('SIGTERM');
  proxy?.close();
  await database?.remove();
});
beforeEach(() => {
  proxy.target = server.address;
  proxy.meddle = () => ({});
});

/** The faults it names, in order. */
async function faultsOf(url: string, as = 'any'): Promise<Fault[]> {
  const faults: Fault[] = [];
  for await (const { fault } of examine(url, TOOLS[as]!, () => new Date())) if (fault) faults.push(fault);
  return faults;
}

/** Something before the server that answers where the path matches. */
const answers =
  (path: RegExp, status: number, type: string, body: string, headers: Record<string, string> = {}): Meddling =>
  ({ url }, answer) => {
    if (!path.test(url!)) return {};
    answer.writeHead(status, { 'content-type': type, ...headers }).end(body);
    return 'answered';
  };
/** Something that changes the answers of the server. */
const alters =
  (path: RegExp, change: (headers: Record<string, unknown>, status: number) => number | void): Meddling =>
  ({ url }, answer) => {
    if (!path.test(url!)) return {};
    const writeHead = answer.writeHead.bind(answer) as (status: number, headers: object) => typeof answer;
    answer.writeHead = ((status: number, headers: Record<string, unknown>) =>
      writeHead(change(headers, status) ?? status, headers)) as never;
    return {};
  };
/** Something that rewrites bodies. */
const rewrites =
  (path: RegExp, rewrite: (text: string) => string): Meddling =>
  ({ url, method, headers }, answer) => {
    if (!path.test(url!)) return {};
    const passed = fetch(server.address + url, {
      method: method!,
      redirect: 'manual',
      headers: { host: headers.host! } as never,
    });
    void (async () => {
      const response = await passed;
      const type = response.headers.get('content-type') ?? 'text/plain';
      answer.writeHead(response.status, { 'content-type': type }).end(rewrite(await response.text()));
    })();
    return 'answered';
  };
const HTML = '<!doctype html><html><title>Checking your browser</title></html>';

/** What is broken between a tool and the server, and the fault that is to be named first. */
const BROKEN: [string, Meddling, Fault][] = [
  ['a proxy that replaces Host', () => ({ headers: { host: 'backend.internal:3000' } }), 'host-refused'],
  ['a proxy that does not pass /mcp', answers(/^\/mcp$/, 404, 'text/html', HTML), 'not-found'],
  ['a bot check before everything', answers(/./, 403, 'text/html', HTML), 'blocked-before'],
  [
    'a company’s log-in before everything',
    answers(/./, 302, 'text/html', '', { location: 'https://sso.example/' }),
    'blocked-before',
  ],
  [
    'Basic authentication before /mcp',
    answers(/^\/mcp$/, 401, 'text/plain', 'no', { 'www-authenticate': 'Basic realm="x"' }),
    'blocked-before',
  ],
  [
    'another server at the address',
    answers(/^\/mcp$/, 200, 'application/json', '{"jsonrpc":"2.0","id":1,"result":{}}'),
    'unprotected',
  ],
  ['a proxy with nothing behind it', answers(/./, 502, 'text/html', HTML), 'unreachable'],
  ['a server that fails', answers(/^\/mcp$/, 500, 'application/json', '{"error":"server_error"}'), 'server-failing'],
  [
    'a challenge that is lost',
    alters(/^\/mcp$/, (headers) => void delete headers['www-authenticate']),
    'challenge-missing',
  ],
  [
    'a challenge that is altered',
    alters(/^\/mcp$/, (headers) => void (headers['www-authenticate'] = 'bearer realm=mcp')),
    'challenge-malformed',
  ],
  [
    'well-knowns kept by the proxy',
    answers(/^\/\.well-known\/oauth-protected/, 404, 'text/html', HTML),
    'resource-metadata-missing',
  ],
  [
    'no server metadata at its path',
    answers(/oauth-authorization-server\/mcp$/, 404, 'text/html', HTML),
    'server-metadata-missing',
  ],
  [
    'metadata redirected to the root',
    answers(/oauth-authorization-server\/mcp$/, 302, 'text/plain', '', {
      location: '/.well-known/oauth-authorization-server',
    }),
    'metadata-redirected',
  ],
  [
    'metadata as text',
    alters(/oauth-authorization-server/, (headers) => void (headers['content-type'] = 'text/plain')),
    'metadata-not-json',
  ],
  [
    'a website’s own page for metadata',
    answers(/oauth-authorization-server/, 200, 'text/html', HTML),
    'blocked-before',
  ],
  [
    'metadata of another issuer',
    rewrites(/oauth-authorization-server/, (text) =>
      text.replace(/"issuer":"[^"]+"/, '"issuer":"https://old.example/mcp"'),
    ),
    'issuer-other',
  ],
  [
    'metadata without PKCE',
    rewrites(/oauth-authorization-server/, (text) => text.replace('"S256"', '"plain"')),
    'metadata-incomplete',
  ],
  [
    'a resource of another name',
    rewrites(/oauth-protected/, (text) => text.replace(/"resource":"[^"]+"/, '"resource":"https://old.example/mcp"')),
    'resource-other',
  ],
  [
    'endpoints at another origin',
    rewrites(/oauth-authorization-server/, (text) =>
      text.replace(/"token_endpoint":"[^"]+"/, '"token_endpoint":"http://backend.internal/mcp/oauth/token"'),
    ),
    'public-url-wrong',
  ],
  [
    'unknown well-knowns that fail',
    answers(/openid-configuration/, 503, 'text/html', HTML),
    'unknown-well-known-failing',
  ],
  [
    'unknown well-knowns behind a log-in',
    answers(/openid-configuration/, 401, 'text/plain', 'no'),
    'unknown-well-known-failing',
  ],
  [
    'OPTIONS refused',
    ({ method }, answer) => (method === 'OPTIONS' ? (answer.writeHead(405).end(), 'answered' as const) : {}),
    'cors-refused',
  ],
  [
    'exposed headers lost',
    alters(/^\/mcp$/, (headers) => void delete headers['access-control-expose-headers']),
    'cors-refused',
  ],
  ['registration blocked', answers(/register/, 403, 'text/html', HTML), 'cors-refused'],
  [
    'registration kept away by method',
    ({ url, method }, answer) =>
      url === '/mcp/oauth/register' && method === 'POST' ? (answer.writeHead(405).end(), 'answered' as const) : {},
    'registration-refused',
  ],
  [
    'registration with nulls',
    ({ url, method }, answer) => {
      if (url !== '/mcp/oauth/register' || method !== 'POST') return {};
      answer
        .writeHead(201, { 'content-type': 'application/json' })
        .end('{"client_id":"x","redirect_uris":[],"client_secret":null}');
      return 'answered';
    },
    'registration-altered',
  ],
  ['cookies lost', alters(/authorize/, (headers) => void delete headers['set-cookie']), 'cookie-lost'],
  [
    'long requests refused',
    ({ url }, answer) => (url!.length > 2_500 ? (answer.writeHead(414).end(), 'answered' as const) : {}),
    'query-too-long',
  ],
  ['an authorization page replaced', answers(/authorize/, 200, 'text/html', HTML), 'blocked-before'],
  [
    'a company’s log-in before the authorization endpoint',
    answers(/authorize/, 302, 'text/html', '', { location: 'https://sso.example/' }),
    'blocked-before',
  ],
  ['an authorization endpoint kept away', answers(/authorize/, 404, 'text/html', HTML), 'page-missing'],
  [
    'token answers that are cached',
    alters(/oauth\/token/, (headers) => void (headers['cache-control'] = 'public, max-age=60')),
    'token-endpoint-altered',
  ],
  [
    'forms kept away from the token endpoint',
    answers(/oauth\/token/, 415, 'application/json', '{"message":"no"}'),
    'cors-refused',
  ],
  ['keys kept away', answers(/jwks/, 404, 'text/html', HTML), 'keys-missing'],
  [
    'a clock that is wrong',
    alters(/^\/mcp$/, (headers) => void (headers['date'] = new Date(Date.now() + 3_600_000).toUTCString())),
    'clock-wrong',
  ],
];

describe('the doctor', () => {
  it.each(Object.keys(TOOLS).filter((name) => !TOOLS[name]!.hosted))(
    'finds nothing wrong with a healthy server, as %s',
    async (as) => {
      expect(await faultsOf(`${proxy.origin}/mcp`, as)).toEqual([]);
    },
  );

  it('knows the tools as the fixtures do', () => {
    const folder = 'test/clients/fixtures';
    for (const file of readdirSync(folder)) {
      const { client, registrations, connections } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
      const tool = TOOLS[file.replace('.json', '')];
      const dynamic = registrations.find((one: { dynamic?: object }) => one.dynamic).dynamic;
      expect({ name: tool?.name, document: tool?.document }).toEqual({
        name: client,
        document: registrations.find((one: { document?: string }) => one.document)?.document,
      });
      for (const uri of tool!.redirectUris)
        expect([
          ...dynamic.redirect_uris,
          ...connections.map((one: { redirect_uri: string }) => one.redirect_uri),
        ]).toContain(uri);
    }
  });

  it('has twenty broken deployments and more', () => expect(BROKEN.length).toBeGreaterThanOrEqual(20));

  it.each(BROKEN)('names %s', async (_, meddle, fault) => {
    proxy.meddle = meddle;
    expect((await faultsOf(`${proxy.origin}/mcp`))[0]).toBe(fault);
  });

  it('names a wrong PUBLIC_URL behind a proxy that replaces Host to fit it', async () => {
    const other = await startProcess(database, { PUBLIC_URL: 'http://localhost:9' });
    proxy.target = other.address;
    proxy.meddle = () => ({ headers: { host: 'localhost:9' } });
    expect((await faultsOf(`${proxy.origin}/mcp`))[0]).toBe('public-url-wrong');
    await other.kill('SIGTERM');
  });

  it('names a name that is not known, a port nobody listens at, and the wrong path', async () => {
    expect(await faultsOf('https://nowhere.invalid/mcp')).toEqual(['name-unknown']);
    expect(await faultsOf(`http://127.0.0.1:${await freePort()}/mcp`)).toEqual(['unreachable']);
    expect((await faultsOf(proxy.origin))[0]).toBe('not-found');
  });

  it.each([
    ['nobody vouches for', {}],
    ['has expired', { notBeforeDate: new Date(0), notAfterDate: new Date(86_400_000) }],
  ])('names a certificate that %s', async (_, dates) => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], dates as never);
    const tls = createHttpsServer({ cert, key }, (_request, answer) => void answer.end());
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    expect(await faultsOf(`https://127.0.0.1:${(tls.address() as AddressInfo).port}/mcp`)).toEqual([
      'certificate-invalid',
    ]);
    tls.close();
  });

  it('names an address that hosted tools cannot reach, and http beyond this computer', async () => {
    for (const as of ['claude', 'chatgpt']) expect((await faultsOf(`${proxy.origin}/mcp`, as))[0]).toBe('not-public');
    expect(await faultsOf(`http://127.0.0.2:${await freePort()}/mcp`)).toContain('not-https');
  });

  it('notes a server without documents, for a tool that publishes itself: it registers instead, and nothing is wrong', async () => {
    const other = await startProcess(database, { PUBLIC_URL: proxy.origin, CIMD: 'off' });
    proxy.target = other.address;
    const said = await runBeside({ variables: {} }, ['doctor', `${proxy.origin}/mcp`, '--as', 'claude-code'], {});
    expect(said).toContain('note   its document: not read where CIMD=off; the tool registers instead');
    expect(said).toContain('ok     registration');
    expect(said).toContain('Claude Code can connect.');
    expect(await runBeside({ variables: {} }, ['doctor', `${proxy.origin}/mcp`], {})).not.toContain('note');
    await other.kill('SIGTERM');
  });

  it('names a redirect URI of a tool that is not allowed', async () => {
    const other = await startProcess(database, {
      PUBLIC_URL: proxy.origin,
      PRIVATE_USE_REDIRECT_URIS: 'com.example.app',
    });
    proxy.target = other.address;
    expect(await faultsOf(`${proxy.origin}/mcp`, 'cursor')).toEqual(['redirect-uri-refused']);
    await other.kill('SIGTERM');
  });

  it('is patient for ten seconds, and no longer', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    expect(await faultsOf(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/mcp`)).toEqual(['too-slow']);
    silent.closeAllConnections();
    silent.close();
  });

  it('has a cure for each fault, and each is named in a test', () => {
    const named = new Set(readFileSync('test/spec/operation/doctor.spec.ts', 'utf8').match(/'[a-z-]+'/g));
    for (const [fault, cure] of Object.entries(FAULTS))
      expect([fault, named.has(`'${fault}'`), cure.endsWith('.')]).toEqual([fault, true, true]);
  });

  it('writes nothing but what it saw, from the command line', async () => {
    const none = { variables: {} };
    // The command blocks this process, so it looks at the server itself.
    const direct = await startProcess(database);
    const healthy = runCommand(none, ['doctor', `${direct.origin}/mcp`, '--as', 'vscode']);
    expect(healthy).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('VS Code can connect.') });
    const broken = runCommand(none, ['doctor', `${direct.origin}/nothing`]);
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain(`cure:  ${FAULTS['not-found']}`);
    expect(runCommand(none, ['doctor', 'auth.example.com']).stderr).toContain('Give the whole URL');
    expect(runCommand(none, ['doctor', 'https://x.example/mcp', '--as', 'emacs']).status).toBe(2);
    await direct.kill('SIGTERM');
  });
});
