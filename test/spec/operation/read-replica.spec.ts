import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPersonAt, type Person } from '../../support/people.js';
import { type PostgresServer, startPostgres, startReplica } from '../../support/postgres-server.mjs';
import { Witness } from '../../support/row-lock.js';
import { type ServerProcess, startProcess } from '../../support/server.js';

describe('a node on a replica of the database', () => {
  const browser = new HttpBrowser();
  let primary: PostgresServer;
  let replica: PostgresServer;
  let node: ServerProcess;
  let reading: ServerProcess;
  let person: Person;
  let client: OAuthClient;
  let tokens: Tokens;

  beforeAll(async () => {
    primary = await startPostgres();
    node = await startProcess({ variables: { DATABASE_URL: primary.url } }, { RATE_LIMITS: 'postgres' });
    replica = await startReplica(primary);
    reading = await startProcess(
      { variables: { DATABASE_URL: replica.url } },
      { RATE_LIMITS: 'postgres', MIGRATE: 'false', PUBLIC_URL: node.origin },
    );
    person = await addPersonAt(primary.url, 'ann@example.com');
    client = await OAuthClient.register(node.origin);
    tokens = await client.connect(person);
    await logIn(browser);
  }, 60_000);
  afterAll(async () => {
    await reading?.kill('SIGTERM');
    await replica?.stop();
    await node?.kill('SIGTERM');
    await primary?.stop();
  });

  const logIn = async (by: HttpBrowser) => {
    const { email, password } = person;
    await by.submit(await by.get(`${node.origin}/console/login`), 'Log in', { email, password });
  };
  const list = (page: string) => `/console/organizations/${person.organizationId}/${page}`;

  it('shows what administrators look at, as the primary does', async () => {
    await eventually(async () =>
      expect((await browser.get(reading.address + list('connections'))).html).toContain('Test Tool'),
    );
    for (const page of [
      'connections?sort=used',
      'connections?q=ann',
      'usage',
      'usage/people',
      'members',
      'audit',
      'policy',
    ])
      expect([page, (await browser.get(reading.address + list(page))).status]).toEqual([page, 200]);
  });

  it('refuses for a while what must be written, and loses nothing', async () => {
    const refused = await client.at(reading.address).refresh(tokens.refresh_token);
    expect([refused.status, refused.json['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    const renewed = await client.refresh(tokens.refresh_token);
    expect(renewed.status).toBe(200);
    tokens = renewed.json as unknown as Tokens;
  });

  it('leaves it to the primary to note, once a minute, that a session is used', async () => {
    const witness = Witness.of(primary.url);
    await witness.query(`UPDATE sessions SET last_seen_at = now() - interval '2 minutes'`);
    const asked = async (at: ServerProcess) => (await browser.get(at.address + list('members'))).status;
    await eventually(async () => expect(await asked(reading)).toBe(503));
    expect(await asked(node)).toBe(200);
    await eventually(async () => expect(await asked(reading)).toBe(200));
  });

  it('leaves it to the primary to say that nobody is logged in: that may not have arrived yet', async () => {
    const here = Witness.of(replica.url);
    await here.query('SELECT pg_wal_replay_pause()');
    await eventually(async () =>
      expect(await here.query('SELECT pg_get_wal_replay_pause_state() AS state')).toEqual([{ state: 'paused' }]),
    );
    const other = new HttpBrowser();
    await logIn(other);
    expect((await other.get(node.address + list('members'))).status).toBe(200);
    expect((await other.get(reading.address + list('members'))).status).toBe(503);
    await here.query('SELECT pg_wal_replay_resume()');
    await eventually(async () => expect((await other.get(reading.address + list('members'))).status).toBe(200));
  });

  it('leaves it to the primary to seal the log', async () => {
    await Witness.of(primary.url).whileHeld('LOCK TABLE audit_chain IN SHARE MODE', [], async () => {
      await logIn(new HttpBrowser());
      // Each second a node looks for what is not sealed yet.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    });
    expect(reading.output()).not.toContain('could not be sealed');
  });

  it('learns from the primary that a connection has ended', async () => {
    await client.revoke(tokens.refresh_token);
    await eventually(async () => {
      const { status, html } = await browser.get(reading.address + list('connections'));
      expect(status).toBe(200);
      expect(html).not.toContain('Test Tool');
    });
  });
});
