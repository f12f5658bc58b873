import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { DynamicClients } from '../../../src/clients/dynamic-clients.js';
import { RegisteredClients } from '../../../src/clients/registered-clients.js';
import { StoredClients } from '../../../src/database/repositories/stored-clients.repository.js';
import type { ClientAuthMethod } from '../../../src/oauth/client-metadata.js';
import { hashSecret } from '../../../src/oauth/secret.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectChallenge, expectError, expectPage400 } from '../../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

const HTTPS = 'https://app.example/cb';
const LOOPBACK = 'http://127.0.0.1:53682/callback';

describe.each(BOTH_DATABASES)('clients an administrator registered, on %s', (database) => {
  let server: TestServer;
  let person: Person;
  beforeAll(async () => {
    server = await startServer({ database });
    person = await addPerson(server.app, 'ann@example.com');
  });
  afterAll(() => server?.close());

  const stored = () => server.app.get(StoredClients, { strict: false });
  const register = async ({
    name = 'Acme Desk',
    uris = [HTTPS],
    authMethod = 'none' as ClientAuthMethod,
    trusted = false,
  } = {}) => {
    const { clientId, secret } = await server.app
      .get(RegisteredClients, { strict: false })
      .register({ name, redirectUris: uris, authMethod, trusted });
    return new OAuthClient(server.origin, { client_id: clientId, client_secret: secret, redirect_uris: uris });
  };
  const block = async ({ registered: { client_id } }: OAuthClient) => {
    const row = await stored().find(hashSecret(client_id));
    const metadata = server.app.get(DynamicClients, { strict: false }).open(client_id);
    return stored().block(
      row ?? {
        clientId: client_id,
        digest: hashSecret(client_id),
        identity: 'self-asserted',
        metadata: metadata!,
        secretHash: null,
        trusted: false,
      },
      server.clock.now(),
    );
  };
  /** What is remembered of a row is forgotten within a second. */
  const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1_100));

  it.each(['none', 'client_secret_post'] as const)('connect, with %s', async (authMethod) => {
    const client = await register({ authMethod });
    const tokens = await client.connect(person);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    if (authMethod === 'none') return;
    expectError(await client.refresh(tokens.refresh_token, { client_secret: undefined }), 'invalid_client', 401);
    expectError(await client.refresh(tokens.refresh_token, { client_secret: 'wrong' }), 'invalid_client', 401);
  });

  it('are shown as registered, and never look like those that registered themselves', async () => {
    const [ours, theirs] = [
      await register({ name: 'Ours' }),
      await OAuthClient.register(server.origin, { client_name: 'Theirs', redirect_uris: [HTTPS] }),
    ];
    const [registered, asserted] = [(await ours.toApproval(person)).page, (await theirs.toApproval(person)).page];
    expect(registered.html).toContain('<span class="badge vouched">registered</span>');
    expect(registered.html).not.toContain('unverified');
    expect(asserted.html).toContain('<span class="badge unverified">unverified name</span>');
    expect(asserted.html).not.toContain('vouched');
    expect(textOf(registered.html)).toContain('An administrator of this server vouches for this tool.');
  });

  it('a name that imitates one of theirs is flagged, however it is disguised', async () => {
    await register({ name: 'Payroll Bot' });
    for (const client_name of ['Payroll Bot', 'payroll-bot (verified)', 'Рayroll Βot', 'P4yr0ll B0t', 'Páyróll Bót']) {
      const imitation = await OAuthClient.register(server.origin, { client_name, redirect_uris: [HTTPS] });
      expect(textOf((await imitation.toApproval(person)).page.html)).toContain('This is not that tool.');
    }
    const other = await OAuthClient.register(server.origin, { client_name: 'Something else', redirect_uris: [HTTPS] });
    expect(textOf((await other.toApproval(person)).page.html)).not.toContain('This is not that tool.');
  });

  it('the page says since when a tool is known here and how many use it', async () => {
    const client = await OAuthClient.register(server.origin, { client_name: 'Popular' });
    expect(textOf((await client.toApproval(person)).page.html)).toContain(
      'new here: nobody has approved this tool yet',
    );
    await client.connect(person);
    expect(textOf((await client.again().toApproval(person)).page.html)).toMatch(
      /since \d{4}-\d\d-\d\d · 1 person uses it/,
    );
  });

  it('errors go back by redirect once a person is logged in, and not before', async () => {
    const client = await register();
    const bad = client.authorizeUrl({ scope: 'nonsense' });
    expect(await new HttpBrowser().get(bad)).toMatchObject({ status: 400, leftTo: undefined });
    const browser = new HttpBrowser();
    await client.again().toApproval(person, { browser });
    const { leftTo, status } = await browser.get(bad);
    expect(status).toBe(303);
    const answer = new URL(leftTo!);
    expect(answer.origin + answer.pathname).toBe(HTTPS);
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({
      error: 'invalid_scope',
      state: client.state,
      iss: `${server.origin}/mcp`,
    });
    // An unregistered redirect URI stays a page, also for them.
    expectPage400(await browser.get(client.authorizeUrl({ redirect_uri: 'https://evil.example/' })));
    // And so does any error of a client whose answers could reach another program.
    const onComputer = await register({ uris: [LOOPBACK] });
    expect(await browser.get(onComputer.authorizeUrl({ scope: 'nonsense' }))).toMatchObject({
      status: 400,
      leftTo: undefined,
    });
  });

  describe('trusted', () => {
    const select = async (client: OAuthClient, parameters: Record<string, string> = {}) => {
      const browser = new HttpBrowser();
      let page = await browser.get(client.authorizeUrl(parameters));
      page = await browser.submit(page, 'Log in', { email: person.email, password: PASSWORD });
      return browser.submit(page, 'Continue', { organization: person.organizationId });
    };

    it('are not asked about, but the organization is always selected', async () => {
      const client = await register({ trusted: true });
      const { leftTo } = await select(client);
      const answer = new URL(leftTo!).searchParams;
      expect(answer.get('state')).toBe(client.state);
      const { json } = await client.exchange(answer.get('code')!);
      expect(json).toMatchObject({
        scope: 'organization:read projects:read projects:write',
        refresh_token: expect.any(String),
      });
    });

    it('are asked about when they ask for it, and when the answer could reach another program', async () => {
      const asking = await select(await register({ trusted: true }), { prompt: 'consent' });
      expect([asking.leftTo, asking.url.includes('/approve')]).toEqual([undefined, true]);
      const onComputer = await select(await register({ trusted: true, uris: [LOOPBACK] }));
      expect([onComputer.leftTo, onComputer.url.includes('/approve')]).toEqual([undefined, true]);
    });

    it('nobody else is: a dynamic client cannot claim it', async () => {
      const client = await OAuthClient.register(server.origin, { trusted: true, redirect_uris: [HTTPS] });
      expect((await select(client)).url).toContain('/approve');
    });
  });

  it('a new secret replaces the old one', async () => {
    const client = await register({ authMethod: 'client_secret_post' });
    const tokens = await client.connect(person);
    const secret = await server.app.get(RegisteredClients, { strict: false }).rotateSecret(client.registered.client_id);
    await aSecond();
    expectError(await client.refresh(tokens.refresh_token), 'invalid_client', 401);
    expect((await client.refresh(tokens.refresh_token, { client_secret: secret })).status).toBe(200);
  });

  it('a new secret replaces the old one also of a client that is never idle', async () => {
    const client = await register({ authMethod: 'client_secret_post' });
    const statuses = [(await client.refresh('never issued')).status];
    expect(statuses).toEqual([400]);
    await server.app.get(RegisteredClients, { strict: false }).rotateSecret(client.registered.client_id);
    while (statuses.length < 40 && statuses.at(-1) !== 401) {
      statuses.push((await client.refresh('never issued')).status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(statuses.at(-1)).toBe(401);
  });

  it.each(['registered', 'self-asserted'])(
    'a blocked client, %s: its connections end, it gets no more, until unblocked',
    async (identity) => {
      const client =
        identity === 'registered'
          ? await register()
          : await OAuthClient.register(server.origin, { client_name: 'Block me', redirect_uris: [HTTPS] });
      const tokens = await client.connect(person);
      const waiting = await client.again().toApproval(person);
      expect(await block(client)).toMatchObject({ live: 1 });
      expect(await block(client)).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expectChallenge(await callMcp(server.origin, tokens.access_token), server.origin, 'invalid_token');
      expectError(
        await client.refresh(tokens.refresh_token),
        identity === 'registered' ? 'invalid_client' : 'invalid_grant',
        identity === 'registered' ? 401 : 400,
      );
      expect((await waiting.browser.submit(waiting.page, 'Approve')).leftTo).toBeUndefined();
      const row = (await stored().find(hashSecret(client.registered.client_id)))!;
      expect(await stored().unblock(row, server.clock.now())).toBe(true);
      await aSecond();
      expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
      expect((await callMcp(server.origin, (await client.again().connect(person)).access_token)).status).toBe(200);
    },
  );

  it('a client that registered itself can be blocked before anybody approved it', async () => {
    const client = await OAuthClient.register(server.origin, { client_name: 'Never', redirect_uris: [HTTPS] });
    expect(await block(client)).toMatchObject({ live: 0 });
    const { browser, page } = await client.toApproval(person);
    const refused = await browser.submit(page, 'Approve');
    expect([refused.status, refused.leftTo]).toEqual([400, undefined]);
  });

  it('the database has only hashes of secrets (Z2)', async () => {
    const client = await register({ authMethod: 'client_secret_basic' });
    const rows = await server.query<{ row: string }>('SELECT c::text AS row FROM clients c');
    expect(rows.map(({ row }) => row).join()).not.toContain(client.registered.client_secret);
  });
});
