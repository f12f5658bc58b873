import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

const TOKEN = 'a token for Prometheus';
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { METRICS_TOKEN: TOKEN } });
});
afterAll(() => server?.close());

const read = (authorization?: string) =>
  fetch(`${server.origin}/metrics`, { headers: authorization ? { authorization } : {} });

describe('metrics (Z8)', () => {
  it('are for who has the token', async () => {
    for (const authorization of [undefined, 'Bearer wrong', TOKEN, `Basic ${TOKEN}`]) {
      const { status, headers } = await read(authorization);
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    const answer = await read(`Bearer ${TOKEN}`);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('count by route, status and error code, and name nobody', async () => {
    const person = await addPerson(server.app, 'ann@example.com');
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(person);
    await client.refresh('forged');
    await fetch(`${server.origin}/no/such/${tokens.refresh_token}`);
    const text = await (await read(`Bearer ${TOKEN}`)).text();
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="POST",route="\/mcp\/oauth\/token",status="200"\} 1/,
    );
    expect(text).toMatch(/http_request_duration_seconds_count\{method="GET",route="none",status="404"\} 1/);
    expect(text).toContain('oauth_refusals_total{error="invalid_grant"} 1');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('recorder_dropped_steps 0');
    // At once, and twice what a minute takes: none of it waits for the next minute.
    await Promise.all(Array.from({ length: 250 }, (_, n) => client.exchange(`x${n}`)));
    expect(await (await read(`Bearer ${TOKEN}`)).text()).toMatch(/^recorder_dropped_steps [1-9]/m);
    for (const secret of [
      person.id,
      person.email,
      person.organizationId,
      client.registered.client_id,
      tokens.access_token,
      tokens.refresh_token,
    ])
      expect(text).not.toContain(secret);
  });
});
