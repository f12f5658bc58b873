import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { BOTH_DATABASES } from '../../support/databases.js';
import { OAuthClient, postForm } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';

type Page = JWTPayload & { revoked: { sid: string; until: number }[]; next: string; more: boolean };

describe.each(BOTH_DATABASES)('the revocation feed, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  let client: OAuthClient;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
    client = await OAuthClient.register(server.origin);
    await declareResource(server);
  });
  afterAll(() => server?.close());

  const feed = (since?: string) =>
    fetch(`${server.origin}/mcp/oauth/revocations${since === undefined ? '' : `?since=${since}`}`);
  const verified = async (response: Response): Promise<Page> => {
    const keys = createRemoteJWKSet(new URL(`${server.origin}/mcp/oauth/jwks`));
    const { payload } = await jwtVerify<Page>(await response.text(), keys, {
      issuer: `${server.origin}/mcp`,
      typ: 'revocations+jwt',
      algorithms: ['ES256'],
      currentDate: server.clock.now(),
    });
    return payload;
  };
  const sidOf = (token: string) => decodeJwt(token)['sid'] as string;
  const reload = () => new Promise((resolve) => setTimeout(resolve, 700));

  it('is signed, for any cache, and names a revoked connection at once', async () => {
    const own = client.again();
    const tokens = await connectTo(FILES, own, person);
    const before = await verified(await feed());
    expect(before.revoked.map(({ sid }) => sid)).not.toContain(sidOf(tokens.access_token));
    await own.revoke(tokens.refresh_token);
    const response = await feed(before.next);
    expect(response.headers.get('content-type')).toBe('application/jwt');
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
    const after = await verified(response);
    const entry = after.revoked.find(({ sid }) => sid === sidOf(tokens.access_token));
    expect(entry!.until).toBeGreaterThanOrEqual(decodeJwt(tokens.access_token).exp!);
    expect(after).toMatchObject({ more: false });
  });

  it('goes on from where it was read, a little before the end, and forgets what has expired anyway', async () => {
    const own = client.again();
    const tokens = await own.connect(person);
    await own.revoke(tokens.refresh_token);
    await reload();
    const { next } = await verified(await feed());
    server.clock.advance(120);
    await reload();
    const later = await verified(await feed(next));
    expect(Number(later.next)).toBeGreaterThan(Number(next));
    expect((await verified(await feed(later.next))).revoked).toEqual([]);
    expect((await verified(await feed())).revoked.length).toBeGreaterThan(0);
    server.clock.advance(3_700);
    await reload();
    expect((await verified(await feed())).revoked).toEqual([]);
  });

  it('comes in pages, none of them missing or twice, however many ended at one moment', async () => {
    const [{ id: clientId }] = (await server.query<{ id: string }>('SELECT id FROM clients LIMIT 1')) as [
      { id: string },
    ];
    const at = new Date(server.clock.now().getTime() - 5_000);
    await server.query(
      `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash,
                           code_challenge, redirect_uri, code_expires_at, expires_at, revoked_at, revoked_because)
       SELECT gen_random_uuid(), $1, $2, $3, 'x', '{}', true, $4, decode(md5(n::text), 'hex'), 'c', 'r', $4, $4, $4, 'disconnected'
         FROM generate_series(1, 2345) n`,
      [person.id, person.organizationId, clientId, at],
    );
    await reload();
    const found: string[] = [];
    let pages = 0;
    for (let since: string | undefined, more = true; more; pages++) {
      const page: Page = await verified(await feed(since));
      found.push(...page.revoked.map(({ sid }) => sid));
      [since, more] = [page.next, page.more];
    }
    expect(pages).toBe(3);
    expect(found.length).toBe(2345);
    expect(new Set(found).size).toBe(2345);
  });

  it.each(['x', '-1', '1.2', '1e9', "1' OR 1", `5.${'z'.repeat(36)}`, '9'.repeat(16)])(
    'refuses the position %p',
    async (since) => {
      const response = await feed(encodeURIComponent(since));
      expectError(
        {
          status: response.status,
          headers: response.headers,
          json: (await response.json()) as Record<string, unknown>,
        },
        'invalid_request',
      );
    },
  );

  it('answers nobody’s position like the end', async () => {
    expect((await verified(await feed(`99999999999999.${randomUUID()}`))).revoked).toEqual([]);
  });

  it('is no token, and no assertion', async () => {
    const page = await (await feed('99999999999999')).text();
    const mcp = await fetch(`${server.origin}/mcp`, { method: 'POST', headers: { authorization: `Bearer ${page}` } });
    expect(mcp.status).toBe(401);
    const { status } = await postForm(`${server.origin}/mcp/oauth/revoke`, {
      token: page,
      client_id: client.registered.client_id,
    });
    expect(status).toBe(200);
  });

  it('names one that is seen minutes after its time to who has read past that', async () => {
    const tokens = await client.again().connect(person);
    server.clock.advance(120);
    await reload();
    const { next } = await verified(await feed(String(server.clock.now().getTime() - 60_000)));
    const late = new Date(server.clock.now().getTime() - 120_000);
    await server.query(`UPDATE grants SET revoked_at = $2, revoked_because = 'disconnected' WHERE id = $1`, [
      sidOf(tokens.access_token),
      late,
    ]);
    server.clock.advance(61);
    await reload();
    const { revoked } = await verified(await feed(next));
    expect(revoked.map(({ sid }) => sid)).toEqual([sidOf(tokens.access_token)]);
  });
});
