import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../../support/http-browser.js';
import { Internet } from '../../support/internet.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
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
});
