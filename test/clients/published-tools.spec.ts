import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { HttpBrowser } from '../support/http-browser.js';
import { Internet } from '../support/internet.js';
import { addPerson, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';
import { ToolMemory } from '../support/tool-memory.js';

const INFO = { name: 'published-tool', version: '1.0.0' };
const REDIRECT_URI = 'http://127.0.0.1:53682/callback';
let internet: Internet;
let server: TestServer;
let person: Person;

beforeAll(async () => {
  internet = await Internet.open(['tool.example']);
  server = await startServer({ database: 'postgres', outbound: internet });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(async () => {
  await server?.close();
  internet?.close();
});

it.each(['v1', 'v2'])(
  'an official client (%s) with a document of its own registers nowhere, and connects',
  async (generation) => {
    const url = `https://tool.example/${generation}.json`;
    // As real tools publish it: the loopback URI without the port they will listen at.
    internet.publish(url, {
      client_id: url,
      client_name: 'Published Tool',
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      token_endpoint_auth_method: 'none',
    });
    const memory = new ToolMemory(REDIRECT_URI, url);
    const endpoint = new URL(`${server.origin}/mcp`);
    const [client, transport] =
      generation === 'v1'
        ? [new ClientV1(INFO), new TransportV1(endpoint, { authProvider: memory })]
        : [new ClientV2(INFO), new TransportV2(endpoint, { authProvider: memory as never })];
    await expect(client.connect(transport as never)).rejects.toThrow(/unauthorized/i);
    expect(memory.authorizationUrl!.searchParams.get('client_id')).toBe(url);

    const browser = new HttpBrowser();
    let page = await browser.get(memory.authorizationUrl!.href);
    page = await browser.submit(page, 'Log in', { email: person.email, password: person.password });
    page = await browser.submit(page, 'Continue', { organization: person.organizationId });
    expect(page.html).toContain('verified domain: tool.example');
    const answer = new URL((await browser.submit(page, 'Approve')).leftTo!).searchParams;
    if (transport instanceof TransportV1) await transport.finishAuth(answer.get('code')!);
    else await transport.finishAuth(answer);

    const again = generation === 'v1' ? new ClientV1(INFO) : new ClientV2(INFO);
    await again.connect(
      (generation === 'v1'
        ? new TransportV1(endpoint, { authProvider: memory })
        : new TransportV2(endpoint, { authProvider: memory as never })) as never,
    );
    expect((await again.listTools()).tools.map(({ name }) => name)).toContain('whoami');
  },
);
