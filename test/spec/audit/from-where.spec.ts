import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditVerifier } from '../../../src/audit/audit-verifier.service.js';
import { linkedText } from '../../../src/audit/linked-text.js';
import { UserStanding } from '../../../src/database/repositories/user-standing.repository.js';
import { AuditChain } from '../../../src/database/repositories/audit-chain.repository.js';
import { Sealing } from '../../../src/sealing/sealing.service.js';
import { runCommand } from '../../support/command-line.js';
import { eventually } from '../../support/eventually.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { SECRET, startServer, type TestServer } from '../../support/server.js';

interface Event {
  readonly action: string;
  readonly user_id: string | null;
  readonly grant_id: string | null;
  readonly address: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

describe('what the log knows of an act', () => {
  let server: TestServer;
  let owner: Person;
  let client: OAuthClient;
  beforeAll(async () => {
    server = await startServer({
      database: 'postgres',
      variables: { RATE_LIMITS: 'off', TRUSTED_PROXIES: '127.0.0.1' },
    });
    owner = await addPerson(server.app, 'owner@example.com', { organization: 'Acme' });
    client = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());

  const events = (action: string) =>
    server.query<Event>(
      'SELECT action, user_id, grant_id, address, detail FROM audit_events WHERE action = $1 ORDER BY id',
      [action],
    );
  const enter = async ({ email }: Person, address = '203.0.113.9') => {
    const browser = new HttpBrowser({ 'x-forwarded-for': address });
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', { email, password: PASSWORD });
    return browser;
  };
  const command = (...args: string[]) =>
    runCommand({ variables: { DATABASE_URL: server.config.databaseUrl! } }, args, { input: `${PASSWORD} anew\n` });
  const live = async (person: Person) =>
    (
      await server.query<{ id: string }>(
        'SELECT id FROM grants WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id',
        [person.id],
      )
    ).map(({ id }) => id);
  /** What the log says of how connections ended. */
  const endings = async (ids: readonly string[]) =>
    (await events('grant.revoked'))
      .filter(({ grant_id }) => ids.includes(grant_id!))
      .map(({ grant_id, user_id, address, detail }) => ({
        grant_id,
        user_id,
        address,
        ...(detail as { because: string }),
      }))
      .toSorted((a, b) => (a.grant_id! < b.grant_id! ? -1 : 1));

  it('comes from the address of who asked, or from the command line', async () => {
    const browser = await enter(owner, '198.51.100.4');
    expect((await events('user.logged_in')).at(-1)!.address).toBe('198.51.100.4');
    const { access_token } = await client.again().connect(owner, { browser });
    expect((await events('grant.approved')).at(-1)!.address).toBe('198.51.100.4');
    await callMcp(server.origin, access_token, 'tools/call', { name: 'create_project', arguments: { name: 'P' } });
    await client.revoke(access_token);
    await client.again().authorize(owner, { browser, decision: 'Deny' });
    for (const action of ['project.created', 'grant.revoked'])
      expect((await events(action))[0]!.address).toBe('127.0.0.1');
    expect((await events('authorization.denied'))[0]!.address).toBe('198.51.100.4');
    expect(command('org', 'create', 'By command', '--owner', owner.email).status).toBe(0);
    expect((await events('organization.created')).at(-1)!.address).toBe('command line');
  });

  it('comes from there when a tool is caught, too', async () => {
    const refreshed = client.again();
    const { refresh_token } = await refreshed.connect(owner);
    const { json } = await refreshed.refresh(refresh_token!);
    await refreshed.refresh(json['refresh_token'] as string);
    const from = { 'x-forwarded-for': '198.51.100.7' };
    expect((await refreshed.refresh(refresh_token!, {}, from)).status).toBe(400);
    const exchanged = client.again();
    const code = await exchanged.code(owner);
    await exchanged.exchange(code);
    expect((await exchanged.exchange(code, {}, from)).status).toBe(400);
    expect(
      (await events('grant.revoked')).slice(-2).map(({ address, detail }) => [address, detail['because']]),
    ).toEqual([
      ['198.51.100.7', 'refresh_reused'],
      ['198.51.100.7', 'code_replayed'],
    ]);
  });

  it('has what was before and what is after', async () => {
    const browser = await enter(owner);
    const at = server.origin;
    await browser.submit(await browser.get(`${at}/console/account`), 'Save the name', { name: 'Olive' });
    expect((await events('user.renamed')).map(({ detail }) => detail)).toEqual([{ before: 'owner', after: 'Olive' }]);
    await browser.get(`${at}/language/ko?back=/console`);
    await browser.get(`${at}/language/ko?back=/console`);
    await browser.get(`${at}/language/en?back=/console`);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    for (const site of ['cross-site', 'same-site']) {
      const headers = { cookie, 'sec-fetch-site': site };
      const response = await fetch(`${at}/language/ko`, { headers, redirect: 'manual' });
      expect(response.headers.getSetCookie().join()).toContain('bkend-locale=ko');
    }
    expect((await events('user.locale_changed')).map(({ detail }) => detail)).toEqual([
      { before: null, after: 'ko' },
      { before: 'ko', after: 'en' },
    ]);
    const member = await addPerson(server.app, 'role@example.com', { into: owner.organizationId, role: 'member' });
    const members = `${at}/console/organizations/${owner.organizationId}/members`;
    const page = await browser.get(members);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)![1]!;
    await browser.post(`${members}/${member.id}/role`, new URLSearchParams({ csrf, role: 'admin' }));
    expect((await events('member.role_changed')).map(({ user_id, detail }) => [user_id, detail])).toEqual([
      [member.id, { before: 'member', after: 'admin', by: owner.id }],
    ]);
  });

  it('comes from there when nobody waits for the answer any more', async () => {
    const browser = await enter(owner, '198.51.100.9');
    const page = await browser.get(`${server.origin}/console/account`);
    const witness = Witness.of(server.config.databaseUrl);
    const closing = new AbortController();
    browser.closed = closing.signal;
    await witness.whileHeld('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [owner.id], async () => {
      const asked = browser.submit(page, 'Save the name', { name: 'Gone' });
      asked.catch(() => undefined);
      await witness.untilWaiting(1);
      closing.abort();
      await expect(asked).rejects.toThrow();
      // Others come and go meanwhile: the last of them must not take the address along.
      await new HttpBrowser().get(`${server.origin}/console/login`);
    });
    const renamed = await eventually(async () => {
      const event = (await events('user.renamed')).find(({ detail }) => detail['after'] === 'Gone');
      expect(event).toBeDefined();
      return event!;
    });
    expect(renamed.address).toBe('198.51.100.9');
  });

  describe('names each connection that ended, why and by whom:', () => {
    let person: Person;
    let connections: string[];
    let count = 0;
    const connected = async () => {
      person = await addPerson(server.app, `p${++count}@example.com`, { into: owner.organizationId, role: 'member' });
      await client.again().connect(person);
      await client.again().connect(person);
      connections = await live(person);
      expect(connections).toHaveLength(2);
    };
    const standing = () => server.app.get(UserStanding, { strict: false });

    it('a member who was removed', async () => {
      await connected();
      const browser = await enter(owner);
      const members = `${server.origin}/console/organizations/${owner.organizationId}/members`;
      await browser.submit(await browser.get(`${members}/${person.id}/remove`), 'Remove', { confirm: person.email });
      expect(await endings(connections)).toEqual(
        connections.map((grant_id) => ({
          grant_id,
          user_id: person.id,
          address: '203.0.113.9',
          because: 'member_removed',
          by: owner.id,
        })),
      );
    });

    it.each([
      ['password_changed', 'user', 'set-password'],
      ['user_disabled', 'user', 'disable'],
    ])('%s from the command line', async (because, ...args) => {
      await connected();
      const { status, stderr } = command(...args, person.email);
      expect([status, stderr]).toEqual([0, '']);
      expect(await endings(connections)).toEqual(
        connections.map((grant_id) => ({ grant_id, user_id: person.id, address: 'command line', because })),
      );
    });

    it('an operator who disconnects or disables, by their id', async () => {
      await connected();
      await standing().disconnectTools(person.id, server.clock.now(), owner.id);
      expect(await endings(connections)).toEqual(
        connections.map((grant_id) => ({
          grant_id,
          user_id: person.id,
          address: null,
          because: 'ended_by_operator',
          by: owner.id,
        })),
      );
    });

    it('an account that was deleted, and a client that was blocked', async () => {
      await connected();
      await standing().erase(person.id, server.clock.now());
      expect((await endings(connections)).map(({ because }) => because)).toEqual(['user_disabled', 'user_disabled']);
      await connected();
      const other = await OAuthClient.register(server.origin, { client_name: 'Blocked' });
      const clientId = async () =>
        (
          await server.query<{ client_id: string }>(
            "SELECT client_id FROM clients WHERE metadata->>'client_name' = 'Blocked'",
          )
        )[0]!.client_id;
      await other.again().connect(person);
      const id = (await live(person)).find((one) => !connections.includes(one));
      const { status, stderr } = command('client', 'block', await clientId());
      expect([status, stderr]).toEqual([0, '']);
      expect((await endings([id!])).map(({ because, address }) => [because, address])).toEqual([
        ['client_blocked', 'command line'],
      ]);
      expect(await endings(connections)).toEqual([]);
    });

    it('and not those that were over before', async () => {
      await connected();
      await server.query('UPDATE grants SET expires_at = $2 WHERE id = $1', [connections[0], new Date(0)]);
      await standing().disable(person.id, server.clock.now(), owner.id);
      expect((await endings(connections)).map(({ grant_id }) => grant_id)).toEqual([connections[1]]);
    });
  });

  it('is sealed with the address, and verifies what was sealed before there were any', async () => {
    const chain = server.app.get(AuditChain, { strict: false });
    const sealing = new Sealing([SECRET], server.clock);
    const verify = async () => (await new AuditVerifier(chain, sealing, server.clock).verify()).faults;
    while ((await chain.append((before, event) => sealing.mac('audit-chain', linkedText(before, event)))) > 0);
    const [old] = await server.query<{ id: string; text: string }>(
      `SELECT id, jsonb_build_array(id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), action, user_id,
              organization_id, grant_id, detail)::text AS text FROM audit_events WHERE address IS NULL ORDER BY id LIMIT 1`,
    );
    const texts = new Map<string, string | undefined>();
    for await (const { eventId, text } of chain.links()) texts.set(eventId, text);
    expect(texts.get(old!.id)).toBe(old!.text);
    expect(await verify()).toEqual([]);
    const changed = async (sql: string, id: string) => {
      await server.query('ALTER TABLE audit_events DISABLE TRIGGER USER');
      await server.query(`UPDATE audit_events SET address = ${sql} WHERE id = $1`, [id]);
      await server.query('ALTER TABLE audit_events ENABLE TRIGGER USER');
      return verify();
    };
    const [one] = await server.query<{ id: string }>(
      "SELECT id FROM audit_events WHERE address = '198.51.100.4' LIMIT 1",
    );
    expect(await changed("'198.51.100.5'", one!.id)).toHaveLength(1);
    expect(await changed('NULL', one!.id)).toHaveLength(1);
    expect(await changed("'198.51.100.4'", one!.id)).toEqual([]);
    expect(await changed("'198.51.100.4'", old!.id)).toHaveLength(1);
    expect(await changed('NULL', old!.id)).toEqual([]);
  });
});
