import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { isPublicAddress } from '../../src/clients/documents/public-address.js';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { Internet, PUBLIC } from '../support/internet.js';
import { callMcp, OAuthClient, type Tokens } from '../support/oauth-client.js';
import { expectError, expectPage400, expectRefusal } from '../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { newDatabase } from '../support/databases.js';
import { startProcess, startServer, type TestServer } from '../support/server.js';

const HOST = 'tool.example';
const HTTPS = 'https://tool.example/cb';
const LOOPBACK = 'http://127.0.0.1/callback';

let internet: Internet;
let server: TestServer;
/** In turn, since each has a budget too. */
let person: Person;
let other: Person;
let browser: HttpBrowser;
let serial = 0;

beforeAll(async () => {
  internet = await Internet.open([
    HOST,
    'other.example',
    'inside.example',
    ...Array.from({ length: 30 }, (_, index) => `host${index}.example`),
  ]);
  server = await startServer({ database: 'postgres', outbound: internet, variables: { RATE_LIMITS: 'off' } });
  person = await addPerson(server.app, 'ann@example.com');
  other = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
});
afterAll(async () => {
  await server?.close();
  internet?.close();
});
beforeEach(async () => {
  // Budgets are for a minute; each test begins with its own host and person, so that none takes another's.
  [person, other] = [other, person];
  browser = await loggedIn();
  internet.asked.length = 0;
  internet.escapes.length = 0;
});

const newUrl = (host = `host${serial % 30}.example`) => `https://${host}/client-${serial++}.json`;
const documentOf = (url: string, changes: Record<string, unknown> = {}) => ({
  client_id: url,
  client_name: 'Published Tool',
  redirect_uris: [HTTPS, LOOPBACK],
  ...changes,
});
const clientOf = (url: string, redirect_uris = [HTTPS]) =>
  new OAuthClient(server.origin, { client_id: url, redirect_uris });
const open = (url: string, by = browser) => by.get(clientOf(url).authorizeUrl());
/** A tool with a document of its own. */
function published(changes: Record<string, unknown> = {}, headers: Record<string, string> = {}): OAuthClient {
  const url = newUrl();
  internet.publish(url, documentOf(url, changes), headers);
  return clientOf(url);
}

describe('clients that publish themselves', () => {
  it('connect: the document is fetched once, for somebody who is logged in', async () => {
    const client = published();
    const nobody = new HttpBrowser();
    const login = await nobody.get(client.authorizeUrl());
    expect(textOf(login.html)).toContain(new URL(client.registered.client_id).host);
    expect(internet.asked).toEqual([]);
    const organization = await nobody.submit(login, 'Log in', { email: person.email, password: PASSWORD });
    expect(internet.asked).toHaveLength(1);
    const approval = await nobody.submit(organization, 'Continue', { organization: person.organizationId });
    const text = textOf(approval.html);
    expect(text).toContain(`verified domain: ${new URL(client.registered.client_id).host}`);
    expect(text).toContain('tool.example');
    expect(text).not.toContain('unverified');
    const answer = new URL((await nobody.submit(approval, 'Approve')).leftTo!).searchParams;
    const tokens = (await client.exchange(answer.get('code')!)).json as unknown as Tokens;
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    const refreshed = (await client.refresh(tokens.refresh_token)).json as unknown as Tokens;
    expect((await client.revoke(refreshed.refresh_token)).status).toBe(200);
    expect(internet.asked).toHaveLength(1);
    expect(internet.asked[0]!.headers).not.toHaveProperty('cookie');
    expect(internet.asked[0]!.headers).not.toHaveProperty('authorization');
  });

  it('a loopback redirect of theirs may have any port, and is warned of', async () => {
    const client = published();
    const actual = 'http://127.0.0.1:51234/callback';
    const { page } = await client.toApproval(person, { browser, parameters: { redirect_uri: actual } });
    expect(textOf(page.html)).toContain('on this computer, at 127.0.0.1:51234');
  });

  it.each([{ scope: 'nonsense' }, { prompt: 'none' }])(
    'R29 whoever publishes a document cannot have somebody who is logged in redirected to them: %j',
    async (bad) => {
      const url = published().authorizeUrl(bad);
      const error = bad.prompt ? 'consent_required' : 'invalid_scope';
      const nobody = new HttpBrowser();
      const login = await nobody.get(url);
      expectRefusal(await nobody.submit(login, 'Log in', { email: person.email, password: PASSWORD }), error);
      expectRefusal(await browser.get(url), error);
    },
  );

  it('S12 changed since it was approved: the old connection must be approved again', async () => {
    const client = published();
    const tokens = await client.connect(person, { browser });
    const { client_id } = client.registered;
    internet.publish(client_id, documentOf(client_id, { redirect_uris: [HTTPS, 'https://tool.example/new'] }));
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    server.clock.advance(86_400);
    const again = client.again();
    const fresh = await again.connect(person, { browser: await loggedIn() });
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    expect((await again.refresh(fresh.refresh_token)).status).toBe(200);
  });

  it('R20 a redirect URI that is taken away before the approval gets no code', async () => {
    const client = published();
    const { page } = await client.toApproval(person, { browser });
    const { client_id } = client.registered;
    internet.publish(client_id, documentOf(client_id, { redirect_uris: ['https://tool.example/other'] }));
    server.clock.advance(400);
    expectPage400(await browser.submit(page, 'Approve'));
    server.clock.advance(-400);
  });

  it('another node, or this one after a restart, refreshes by the copy that was approved', async () => {
    const client = published();
    const tokens = await client.connect(person, { browser });
    await server.query(`UPDATE clients SET client_id = client_id`);
    internet.serve(client.registered.client_id, (_, response) => response.writeHead(403).end());
    server.clock.advance(3600);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('a blocked one is unknown', async () => {
    const client = published();
    await client.connect(person, { browser });
    await server.query(`UPDATE clients SET blocked_at = now() WHERE client_id = $1`, [client.registered.client_id]);
    expectPage400(await browser.get(client.again().authorizeUrl()));
  });
});

describe('S: what a document can be used for', () => {
  it.each([
    'http://tool.example/c.json',
    'https://tool.example',
    'https://tool.example/',
    'https://tool.example/c.json#x',
    'https://a@tool.example/c.json',
    'https://tool.example/a/../c.json',
    'https://tool.example/%2e%2e/c.json',
    `https://tool.example/${'a'.repeat(2100)}`,
    'https://tool.example:8443/c.json',
    'https://93.184.216.34/c.json',
    'https://[2606:2800:220:1::1]/c.json',
    'https://localhost/c.json',
    'https://TOOL.example/c.json',
    'https://tool.example./c.json',
  ])('S1 S3 %.60s is not fetched', async (url) => {
    expectPage400(await open(url));
    expect(internet.asked).toEqual([]);
  });

  it.each('2130706433 0x7f000001 0177.1 127.1 metadata.google.internal.'.split(' '))(
    'S3 a host written as %s',
    async (host) => {
      expectPage400(await open(`https://${host}/c.json`));
      expect([internet.asked, internet.escapes]).toEqual([[], []]);
    },
  );

  it.each(
    '127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fc00::1 fd12::1 fe80::1 ff02::1 ::ffff:127.0.0.1 ::ffff:93.184.216.34 ::10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001::1 2001:db8::1'.split(
      ' ',
    ),
  )('S2 S4 a name that leads to %s, alone or beside a public address', async (address) => {
    expect(isPublicAddress(address)).toBe(false);
    for (const answers of [[address], serial % 2 ? [PUBLIC, address] : [address, PUBLIC]]) {
      // A host each: the budget of one is not what refuses here.
      const host = `inside${serial}.example`;
      internet.names.set(host, [answers]);
      internet.publish(`https://${host}/c.json`, documentOf(`https://${host}/c.json`));
      expectPage400(await open(newUrl(host)));
    }
    expect([internet.asked, internet.escapes]).toEqual([[], []]);
  });

  it('S2 public addresses are public', () => {
    for (const address of [PUBLIC, '1.1.1.1', '2606:2800:220:1:248:1893:25c8:1946', '2a00:1450:4001:830::200e'])
      expect(isPublicAddress(address)).toBe(true);
    expect(isPublicAddress('not an address')).toBe(false);
  });

  it('S5 a name that changes its mind: the address that was checked is the one connected to', async () => {
    const url = newUrl();
    internet.publish(url, documentOf(url));
    internet.names.set(new URL(url).host, [[PUBLIC], ['127.0.0.1']]);
    expect((await open(url)).status).toBe(200);
    expect(internet.escapes).toEqual([]);
    internet.names.set(new URL(url).host, [[PUBLIC]]);
  });

  it.each([301, 302, 303, 307, 308])('S6 a redirect (%i) is not followed', async (status) => {
    const url = newUrl();
    const target = newUrl();
    internet.publish(target, documentOf(url));
    internet.serve(url, (_, response) => response.writeHead(status, { location: target }).end());
    expectPage400(await open(url));
    expect(internet.asked).toHaveLength(1);
  });

  it('S7 too large, compressed, endless, or slow', async () => {
    const answers: Parameters<Internet['serve']>[1][] = [
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(11 * 1024)),
      (_, response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync('{}')),
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write('x'.repeat(1024)), 5);
        response.once('close', () => clearInterval(timer));
      },
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 1000);
        response.writeHead(200, { 'content-type': 'application/json' }).once('close', () => clearInterval(timer));
      },
      () => undefined,
    ];
    const pages = await Promise.all(
      answers.map((answer) => {
        const url = newUrl();
        internet.serve(url, answer);
        return open(url);
      }),
    );
    for (const page of pages) expectPage400(page);
  }, 20_000);

  it('S7 names whose servers never answer are given up in time, and hold up nobody else', async () => {
    const silent = Array.from({ length: 4 }, (_, index) => `silent${index}.example`);
    for (const host of silent) internet.silent.add(host);
    const another = await loggedIn(other);
    const waiting = Promise.all(silent.map((host, index) => open(newUrl(host), index % 2 ? browser : another)));
    expect((await browser.get(published().authorizeUrl())).status).toBe(200);
    for (const page of await waiting) expectPage400(page);
    expect((await browser.get(published().authorizeUrl())).status).toBe(200);
  }, 20_000);

  it('an address where nobody listens: the others are tried', async () => {
    const url = newUrl();
    internet.publish(url, documentOf(url));
    internet.deserted.add('1.1.1.1');
    internet.names.set(new URL(url).host, [['1.1.1.1', PUBLIC]]);
    expect((await open(url)).status).toBe(200);
    internet.names.set(new URL(url).host, [[PUBLIC]]);
  });

  it.each([
    ['404', (_: string) => ({ status: 404, type: 'application/json', body: '{}' })],
    ['201', (url: string) => ({ status: 201, type: 'application/json', body: JSON.stringify(documentOf(url)) })],
    ['HTML', (url: string) => ({ status: 200, type: 'text/html', body: JSON.stringify(documentOf(url)) })],
    ['no JSON', () => ({ status: 200, type: 'application/json', body: '{' })],
    ['an array', () => ({ status: 200, type: 'application/json', body: '[]' })],
    [
      'nested to the end of the stack',
      (url: string) => ({
        status: 200,
        type: 'application/json',
        body: JSON.stringify(documentOf(url)).replace('{', `{"x":${'['.repeat(4_500)}${']'.repeat(4_500)},`),
      }),
    ],
    [
      'another client_id',
      (url: string) => ({ status: 200, type: 'application/json', body: JSON.stringify(documentOf(`${url}/`)) }),
    ],
    [
      'no client_id',
      (url: string) => ({
        status: 200,
        type: 'application/json',
        body: JSON.stringify({ ...documentOf(url), client_id: undefined }),
      }),
    ],
  ])('S8 an answer that is %s is refused, and not remembered', async (_, make) => {
    const url = newUrl();
    const { status, type, body } = make(url);
    internet.serve(url, (_request, response) => response.writeHead(status, { 'content-type': type }).end(body));
    expectPage400(await open(url));
    internet.publish(url, documentOf(url));
    expect((await open(url)).status).toBe(200);
  });

  it.each([
    { client_secret: 'x' },
    { client_secret_expires_at: 0 },
    { token_endpoint_auth_method: 'client_secret_basic' },
    { token_endpoint_auth_method: 'private_key_jwt' },
    { token_endpoint_auth_method: { toString: 1 } },
    { redirect_uris: [] },
    { redirect_uris: 'https://tool.example/cb' },
    { redirect_uris: ['javascript:alert(1)'] },
    { redirect_uris: ['http://tool.example/cb'] },
    { client_name: '' },
    { client_name: 'a\u202eb' },
    { client_name: undefined },
    { grant_types: ['client_credentials'] },
  ])('S9 a document with %j', async (changes) => {
    expectPage400(await browser.get(published(changes).authorizeUrl()));
  });

  it('S9 privileges of its own are ignored, and methods are negotiated', async () => {
    const client = published({
      trusted: true,
      identity: 'registered',
      skip_consent: true,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
    });
    const { page } = await client.toApproval(person, { browser });
    expect(page.html).not.toContain('vouched');
    expect(page.forms.some(({ buttons }) => buttons.some(({ label }) => label === 'Approve'))).toBe(true);
  });

  it('S10 nobody who is not logged in makes this server fetch; those who are, within a budget, once for all who wait', async () => {
    const urls = Array.from({ length: 100 }, () => newUrl());
    await Promise.all(urls.map((url) => open(url, new HttpBrowser())));
    expect(internet.asked).toEqual([]);
    const url = newUrl();
    internet.serve(
      url,
      (_, response) =>
        void setTimeout(
          () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documentOf(url))),
          100,
        ),
    );
    const pages = await Promise.all(Array.from({ length: 10 }, () => open(url)));
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
    expect(internet.asked).toHaveLength(1);
    // Twenty documents of one host in a minute: half of them are not asked for.
    for (let n = 0; n < 20; n++) await open(newUrl('other.example'));
    expect(internet.asked.filter(({ host }) => host === 'other.example')).toHaveLength(10);
  });

  it('S10 whoever names slow sites takes no place of others', async () => {
    const urls = Array.from({ length: 10 }, () => newUrl());
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    for (const url of urls)
      internet.serve(url, (_, response) => void released.then(() => response.writeHead(404).end()));
    const waiting = urls.map((url) => open(url));
    expect((await published().toApproval(other)).page.status).toBe(200);
    release();
    for (const page of await Promise.all(waiting)) expectPage400(page);
    const hosts = urls.map((url) => new URL(url).host);
    expect(internet.asked.filter(({ host }) => hosts.includes(host)).length).toBeLessThanOrEqual(3);
  });

  it('S11 kept for as long as the publisher says, within bounds; asked again by ETag', async () => {
    const client = published({}, { etag: '"one"', 'cache-control': 'max-age=3600' });
    const { client_id } = client.registered;
    await browser.get(client.authorizeUrl());
    server.clock.advance(3500);
    await browser.get(client.authorizeUrl());
    expect(internet.asked).toHaveLength(1);
    server.clock.advance(200);
    internet.serve(client_id, (request, response) =>
      response.writeHead(request.headers['if-none-match'] === '"one"' ? 304 : 500).end(),
    );
    expect((await browser.get(client.authorizeUrl())).status).toBe(200);
    expect(internet.asked).toHaveLength(2);
    const never = published({}, { 'cache-control': 'no-store' });
    await browser.get(never.authorizeUrl());
    await browser.get(never.authorizeUrl());
    expect(internet.asked).toHaveLength(3);
    const unasked = newUrl();
    internet.serve(unasked, (_, response) => response.writeHead(304).end());
    expectPage400(await open(unasked));
  });

  it('S13 the outside learns nothing of why: refused, missing and broken look the same', async () => {
    internet.names.set('inside.example', [['10.0.0.1']]);
    const missing = newUrl();
    const broken = newUrl();
    internet.publish(broken, '{');
    const pages = [
      await open(newUrl('inside.example')),
      await open(newUrl('nowhere.invalid')),
      await open(missing),
      await open(broken),
    ];
    const seen = pages.map(({ status, html }) => [status, textOf(html).replace(/Support code \w+/, '')]);
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it('S14 a certificate for another name is refused', async () => {
    internet.names.set('nocert.example', [[PUBLIC]]);
    const url = newUrl('nocert.example');
    internet.publish(url, documentOf(url));
    expectPage400(await open(url));
    expect(internet.asked).toEqual([]);
  });

  it('S15 an id that an administrator registered is not taken over by a document', async () => {
    const url = newUrl();
    internet.publish(url, documentOf(url, { client_name: 'Impostor' }));
    await server.query(
      `INSERT INTO clients (client_id, digest, identity, metadata, created_at) VALUES ($1::text, sha256(convert_to($1::text, 'UTF8')), 'registered', $2, now())`,
      [
        url,
        {
          client_name: 'Managed',
          redirect_uris: [HTTPS],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          token_endpoint_auth_method: 'none',
        },
      ],
    );
    const { page } = await clientOf(url).toApproval(person, { browser });
    expect(textOf(page.html)).toContain('Managed');
    expect(internet.asked).toEqual([]);
  });

  it('at the token endpoint a URL that nobody approved is an unknown client, and is not fetched', async () => {
    const url = newUrl();
    internet.publish(url, documentOf(url));
    expectError(await clientOf(url).refresh('x'), 'invalid_client', 401);
    expect(internet.asked).toEqual([]);
  });
});

describe('with CIMD=off', () => {
  it('a URL is an unknown client, and nothing is advertised', async () => {
    const database = await newDatabase('postgres');
    const node = await startProcess(database, { CIMD: 'off' });
    try {
      const metadata = (await (
        await fetch(`${node.origin}/.well-known/oauth-authorization-server/mcp`)
      ).json()) as object;
      expect(metadata).not.toHaveProperty('client_id_metadata_document_supported');
      const client = new OAuthClient(node.origin, { client_id: newUrl(), redirect_uris: [HTTPS] });
      expectPage400(await new HttpBrowser().get(client.authorizeUrl()));
    } finally {
      await node.kill('SIGTERM');
      await database.remove();
    }
  });
});

async function loggedIn({ email } = person): Promise<HttpBrowser> {
  const fresh = new HttpBrowser();
  await fresh.submit(await fresh.get(`${server.origin}/console/login`), 'Log in', {
    email,
    password: PASSWORD,
  });
  return fresh;
}
