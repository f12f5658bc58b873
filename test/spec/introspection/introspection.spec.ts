import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { BOTH_DATABASES } from '../../support/databases.js';
import { OAuthClient, postForm } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES, type ResourceServer } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('introspection (RFC 7662), on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let client: OAuthClient;
  let files: ResourceServer;
  let other: ResourceServer;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    client = await OAuthClient.register(server.origin);
    files = await declareResource(server);
    other = await declareResource(server, { uri: 'https://other.example/mcp', name: 'Other' });
  });
  afterAll(() => server?.close());

  it('§2.2 MUST tell the server of the audience what a live token carries', async () => {
    const { access_token: token } = await connectTo(FILES, client.again(), person);
    const { status, headers, json } = await files.introspect(token);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(json).toEqual({ active: true, token_type: 'Bearer', ...decodeJwt(token) });
    expect(json).toMatchObject({ aud: FILES, sub: person.id, org_id: person.organizationId });
  });

  it('authenticates in the body as well', async () => {
    const { access_token: token } = await connectTo(FILES, client.again(), person);
    const [id, secret] = Buffer.from(files.basic.slice(6), 'base64').toString().split(':');
    const { json } = await postForm(`${server.origin}/mcp/oauth/introspect`, {
      token,
      client_id: id!,
      client_secret: secret!,
    });
    expect(json['active']).toBe(true);
  });

  it('§4 MUST say nothing about a token for another audience, a refresh token, or no token', async () => {
    const tokens = await connectTo(FILES, client.again(), person);
    const own = await client.again().connect(person);
    for (const [server_, token] of [
      [other, tokens.access_token],
      [files, own.access_token],
      [files, tokens.refresh_token],
      [files, `${tokens.access_token.slice(0, -4)}AAAA`],
      [files, 'rubbish'],
    ] as const) {
      const { status, json } = await server_.introspect(token);
      expect([status, json]).toEqual([200, { active: false }]);
    }
  });

  it('MUST say that a token is over once its connection is revoked, or it has expired', async () => {
    const own = client.again();
    const tokens = await connectTo(FILES, own, person);
    await own.revoke(tokens.refresh_token);
    expect((await files.introspect(tokens.access_token)).json).toEqual({ active: false });
    const second = await connectTo(FILES, client.again(), person);
    expect((await files.introspect(second.access_token)).json['active']).toBe(true);
    server.clock.advance(3_601);
    expect((await files.introspect(second.access_token)).json).toEqual({ active: false });
  });

  it('§2.1 MUST ask who asks: no credentials, wrong ones, a client’s, a token', async () => {
    const { access_token: token } = await connectTo(FILES, client.again(), person);
    const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
    const [id] = Buffer.from(files.basic.slice(6), 'base64').toString().split(':');
    for (const headers of [
      {},
      basic(`${id}:wrong`),
      basic(`${id}:`),
      basic('rs-unknown:secret'),
      basic(`${client.registered.client_id}:x`),
      { authorization: `Bearer ${token}` },
    ]) {
      const answer = await files.introspect(token, headers);
      expectError(answer, 'invalid_client', 401);
    }
    expect((await files.introspect(token, {})).headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('refuses what is not a request for it', async () => {
    const url = `${server.origin}/mcp/oauth/introspect`;
    expectError(await postForm(url, {}, { authorization: files.basic }), 'invalid_request');
    expectError(await postForm(url, 'token=a&token=b', { authorization: files.basic }), 'invalid_request');
    expectError(
      await postForm(url, { token: 'a', client_secret: 'x' }, { authorization: files.basic }),
      'invalid_request',
    );
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(`${url}?token=a`, { method: 'POST', headers: { authorization: files.basic } })).status).toBe(
      400,
    );
  });
});
