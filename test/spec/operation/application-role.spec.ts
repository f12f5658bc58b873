import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { runCommand } from '../../support/command-line.js';
import { newDatabase, type TestDatabase } from '../../support/databases.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPersonAt, type Person } from '../../support/people.js';
import { type ServerProcess, startProcess } from '../../support/server.js';

describe('the server as a role that may do no more than it must', () => {
  const role = `app_${randomBytes(6).toString('hex')}`;
  let database: TestDatabase;
  let own: { variables: Record<string, string> };
  let server: ServerProcess;
  let person: Person;
  let as: Client;
  let owner: Client;

  beforeAll(async () => {
    database = await newDatabase('postgres');
    owner = await connected(database.url!);
    await owner.query(`CREATE ROLE ${role} LOGIN`);
    const url = new URL(database.url!);
    url.username = role;
    own = { variables: { ...database.variables, DATABASE_URL: url.href, MIGRATE: 'false' } };
  });
  afterAll(async () => {
    await server?.kill('SIGTERM');
    await as?.end();
    await owner.query(`DROP OWNED BY ${role}`);
    await owner.query(`DROP ROLE ${role}`);
    await owner.end();
    await database.remove();
  });
  const connected = async (connectionString: string) => {
    const client = new Client({ connectionString });
    await client.connect();
    return client;
  };
  const grant = (to = role) => runCommand(database, ['migrate', '--grant-to', to]);

  it('is given what it needs by a command, as often as one likes', async () => {
    for (let times = 0; times < 2; times++) {
      const { status, stdout, stderr } = grant();
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`${role} can run the server`);
    }
    server = await startProcess(own, { RATE_LIMITS: 'postgres' });
    person = await addPersonAt(own.variables['DATABASE_URL']!, 'ann@example.com');
    as = await connected(own.variables['DATABASE_URL']!);
  });

  it('is told when the role is not there, or could do more all the same', async () => {
    expect(grant('nobody_is_called_this').stderr).toContain('has no role');
    await owner.query(`ALTER ROLE ${role} CREATEROLE`);
    expect(grant().stderr).toContain('may do anything');
    await owner.query(`ALTER ROLE ${role} NOCREATEROLE`);
    await owner.query(`CREATE TABLE own (); ALTER TABLE own OWNER TO ${role}`);
    expect(grant().stderr).toContain('could still change');
    await owner.query('DROP TABLE own');
    expect(grant().status).toBe(0);
    expect(runCommand({ variables: {} }, ['migrate', '--grant-to', role]).stderr).toContain('has no roles');
  });

  it('does everything: a whole flow, acts in the console, commands, and sealing', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(person);
    const call = (token: string) =>
      callMcp(server.origin, token, 'tools/call', { name: 'create_project', arguments: { name: 'Moon' } });
    expect((await call(tokens.access_token)).status).toBe(200);
    const renewed = await client.refresh(tokens.refresh_token);
    expect(renewed.status).toBe(200);
    await client.revoke(tokens.refresh_token);
    const browser = new HttpBrowser();
    const { email, password } = person;
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', { email, password });
    const page = (path: string) => browser.get(server.origin + path);
    await browser.submit(await page('/console/organizations'), 'Create organization', { name: 'Second' });
    await browser.submit(await page('/console/account'), 'Save the name', { name: 'Ann' });
    const members = `/console/organizations/${person.organizationId}/members`;
    const invited = await browser.submit(await page(members), 'Send the invitation', {
      email: 'guest@example.com',
      role: 'member',
    });
    expect(invited.status).toBe(200);
    for (const args of [
      ['keys', 'rotate', '--force'],
      ['user', 'list'],
      ['org', 'create', 'Third', '--owner', email],
    ])
      expect([args, runCommand(own, args).stderr]).toEqual([args, '']);
    const unsealed = async () =>
      (
        await as.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM audit_events e LEFT JOIN audit_chain c ON c.event_id = e.id WHERE c.seq IS NULL',
        )
      ).rows[0]!.n;
    for (let tries = 0; (await unsealed()) > 0; tries++) {
      if (tries > 200) throw new Error('the log was never sealed');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { status, stdout, stderr } = runCommand(own, ['audit', 'verify']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('none was changed');
    expect(server.output()).not.toMatch(/permission denied/);
  });

  it.each([
    'UPDATE audit_events SET at = at',
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    'UPDATE audit_chain SET mac = mac',
    'DELETE FROM audit_chain',
    'TRUNCATE audit_chain',
    'ALTER TABLE audit_events DISABLE TRIGGER USER',
    'DROP TRIGGER audit_events_append_only ON audit_events',
    'ALTER TABLE users ADD more text',
    'DROP TABLE grants',
    'CREATE TABLE mine ()',
    'CREATE TEMPORARY TABLE mine ()',
    'CREATE SCHEMA mine',
    'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE INDEX ON audit_events (detail)',
    'CREATE ROLE another',
    'INSERT INTO migrations (timestamp, name) VALUES (1, $$x$$)',
    'TRUNCATE users CASCADE',
    "SET session_replication_role = 'replica'",
  ])('Z9 Z10 may not: %s', async (sql) => {
    // By its rights, before any trigger is asked.
    await expect(as.query(sql)).rejects.toThrow(/permission denied|must be (?:owner|superuser)/);
  });
});
