import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { StoredClients } from '../../../src/database/repositories/stored-clients.repository.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { Internet } from '../../support/internet.js';
import { OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { expectError, expectPage400 } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { startNode, startServer, type TestServer } from '../../support/server.js';

const REDIRECT_URI = 'https://tool.example/cb';
const HOSTS = Array.from({ length: 10 }, (_, index) => `tool${index}.example`);

let internet: Internet;
let server: TestServer;
let other: Awaited<ReturnType<typeof startNode>>;
let ann: Person;
let serial = 0;

beforeAll(async () => {
  internet = await Internet.open(HOSTS);
  const options = { outbound: internet, variables: { RATE_LIMITS: 'off' } };
  server = await startServer({ ...options, database: 'postgres' });
  other = await startNode(server, options);
  ann = await addPerson(server.app, 'ann@example.com');
});
afterAll(async () => {
  await other?.close();
  await server?.close();
  internet?.close();
});

/** Publishes a tool that may be kept for a day. */
function publish(changes: Record<string, unknown> = {}, url = `https://${HOSTS[serial]}/client-${serial++}.json`) {
  internet.asked.length = 0;
  internet.publish(
    url,
    { client_id: url, client_name: 'Published Tool', redirect_uris: [REDIRECT_URI], ...changes },
    { 'cache-control': 'max-age=86400' },
  );
  return new OAuthClient(server.origin, { client_id: url, redirect_uris: [REDIRECT_URI] });
}

const connect = (client: OAuthClient) => client.connect(ann, { browser: new HttpBrowser() });

describe('clients that publish themselves, at two nodes', () => {
  it('an older copy in the memory of a node takes back no approval of the newer one', async () => {
    const client = publish();
    const { client_id } = client.registered;
    const old = await connect(client);
    publish({ client_name: 'Renamed Tool' }, client_id);
    const fresh = await connect(client.again().at(other.address));
    expectError(await client.refresh(old.refresh_token), 'invalid_grant');
    const again = await connect(client.again());
    expect((await client.refresh(fresh.refresh_token)).status).toBe(200);
    expect((await client.refresh(again.refresh_token)).status).toBe(200);
  });

  it('a newer copy is read once: that an older one is what was approved is no reason to ask again', async () => {
    const client = publish();
    const { client_id } = client.registered;
    await connect(client);
    publish({ client_name: 'Renamed Tool' }, client_id);
    server.clock.advance(90_000);
    await client.again().toApproval(ann);
    await client.again().toApproval(ann);
    expect(internet.asked).toHaveLength(1);
    server.clock.advance(-90_000);
  });

  it('where too many documents are asked for, the last good copy does: in memory, or as it was approved', async () => {
    const client = publish();
    const seen = publish({}, `${client.registered.client_id}/seen`);
    await seen.toApproval(ann);
    await connect(client);
    server.clock.advance(90_000);
    for (const node of [server.origin, other.address]) {
      const here = client.again().at(node);
      const { browser } = await (await OAuthClient.register(server.origin)).at(node).toApproval(ann);
      // The budget of its host.
      for (let spent = 0; spent < 10; spent++)
        await browser.get(here.authorizeUrl({ client_id: `${here.registered.client_id}/${spent}` }));
      expectPage400(await browser.get(here.authorizeUrl({ client_id: `${here.registered.client_id}/unknown` })));
      expect((await here.exchange(await here.code(ann, { browser }))).status).toBe(200);
      // Nobody has approved this one: only the node that read it knows it.
      const { status } = await browser.get(seen.at(node).authorizeUrl());
      expect(status).toBe(node === server.origin ? 200 : 400);
    }
    expect(internet.asked.filter(({ path }) => path === new URL(client.registered.client_id).pathname)).toHaveLength(1);
    server.clock.advance(-90_000);
  });

  it('refreshing costs no statement for the client: a row is believed for a second', async () => {
    const client = publish();
    const connections = await Promise.all(Array.from({ length: 10 }, () => connect(client.again())));
    const find = jest.spyOn(server.app.get(StoredClients, { strict: false }), 'find');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    find.mockClear();
    const refreshed = await Promise.all(connections.map(({ refresh_token }) => client.refresh(refresh_token)));
    expect(new Set(refreshed.map(({ status }) => status))).toEqual(new Set([200]));
    expect(find.mock.calls.length).toBeLessThan(5);
    find.mockRestore();
  });
});

describe('private_key_jwt', () => {
  const [first, second] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const publicKeys = async ({ publicKey }: { publicKey: KeyObject }) => ({ keys: [await exportJWK(publicKey)] });
  const token_endpoint_auth_method = 'private_key_jwt';

  async function assertion(client_id: string, { privateKey }: { privateKey: KeyObject }) {
    const now = Math.floor(server.clock.now().getTime() / 1000);
    const claims = { iss: client_id, sub: client_id, aud: `${server.origin}/mcp`, jti: crypto.randomUUID() };
    const jwt = new SignJWT({ ...claims, exp: now + 300 }).setProtectedHeader({ alg: 'ES256' });
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await jwt.sign(privateKey),
    };
  }

  it('new keys at their address are read although the document has not changed', async () => {
    const client = publish({ token_endpoint_auth_method, jwks_uri: `https://${HOSTS[serial]}/keys.json` });
    const { client_id } = client.registered;
    const jwksUri = `${new URL(client_id).origin}/keys.json`;
    const document = { client_id, client_name: 'Signer', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method };
    internet.serve(client_id, (request, response) =>
      request.headers['if-none-match'] === '"one"'
        ? response.writeHead(304).end()
        : response
            .writeHead(200, { 'content-type': 'application/json', etag: '"one"' })
            .end(JSON.stringify({ ...document, jwks_uri: jwksUri })),
    );
    internet.publish(jwksUri, await publicKeys(first!));
    expect((await client.exchange(await client.code(ann), await assertion(client_id, first!))).status).toBe(200);
    internet.publish(jwksUri, await publicKeys(second!));
    server.clock.advance(400);
    const again = client.again();
    expect((await again.exchange(await again.code(ann), await assertion(client_id, second!))).status).toBe(200);
    expect(internet.asked.map(({ path }) => path)).toHaveLength(4);
  });

  it('keys that were approved at another node count at once, whatever this one remembers', async () => {
    const client = publish({ token_endpoint_auth_method, jwks: await publicKeys(first!) });
    const { client_id } = client.registered;
    const here = client.at(other.address);
    const old = (await here.exchange(await here.code(ann), await assertion(client_id, first!)))
      .json as unknown as Tokens;
    publish({ token_endpoint_auth_method, jwks: await publicKeys(second!) }, client_id);
    const again = client.again();
    const { page, browser } = await again.toApproval(ann);
    expect((await here.refresh(old.refresh_token, await assertion(client_id, first!))).status).toBe(200);
    const code = new URL((await browser.submit(page, 'Approve')).leftTo!).searchParams.get('code')!;
    const exchanged = await again.at(other.address).exchange(code, await assertion(client_id, second!));
    expect(exchanged.status).toBe(200);
    expectError(
      await again.at(other.address).refresh(old.refresh_token, await assertion(client_id, first!)),
      'invalid_client',
      401,
    );
  });
});

// Last: passwords are checked by whichever node was started last, and that one is closed.
describe('CIMD=off, where a client was approved before', () => {
  it('it is unknown to whoever would connect it, and what is connected goes on', async () => {
    const client = publish();
    const { refresh_token } = await connect(client);
    const { page, browser } = await client.again().toApproval(ann);
    const off = await startNode(server, { variables: { CIMD: 'off', RATE_LIMITS: 'off' }, outbound: internet });
    try {
      const here = client.again().at(off.address);
      expectPage400(await browser.get(here.authorizeUrl()));
      expectPage400(await browser.get(page.url.replace(server.origin, off.address)));
      expect((await here.refresh(refresh_token)).status).toBe(200);
      expect(internet.asked).toHaveLength(1);
    } finally {
      await off.close();
    }
  });
});
