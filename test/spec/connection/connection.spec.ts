import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('a connection, from nothing to revoked, on %s', (database) => {
  let server: TestServer;
  let person: Person;

  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
  });
  afterAll(() => server?.close());

  it('registers, authorizes, exchanges, calls, refreshes and ends', async () => {
    const client = await OAuthClient.register(server.origin);
    const answer = await client.authorize(person);
    expect(answer.get('state')).toBe(client.state);
    expect(answer.get('iss')).toBe(`${server.origin}/mcp`);
    const exchanged = await client.exchange(answer.get('code')!);
    expect(exchanged.status).toBe(200);
    expect(exchanged.headers.get('cache-control')).toBe('no-store');
    const first = exchanged.json as unknown as Tokens;
    expect(first).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'organization:read projects:read projects:write',
    });
    const list = await callMcp(server.origin, first.access_token);
    expect(list.status).toBe(200);
    const second = (await client.refresh(first.refresh_token)).json as unknown as Tokens;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await callMcp(server.origin, second.access_token)).status).toBe(200);
    expect((await client.revoke(second.refresh_token)).status).toBe(200);
    expect((await callMcp(server.origin, second.access_token)).status).toBe(401);
    expect((await client.refresh(second.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
  });
});
