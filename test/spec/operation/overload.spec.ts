import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { OF_PEOPLE_AT_ONCE, OF_PROGRAMS_AT_ONCE } from '../../../src/http/back-pressure.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { type Answer, callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';

const TOO_MANY = 20;

let server: TestServer;
let person: Person;
let tokens: Tokens;
let client: OAuthClient;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  person = await addPerson(server.app, 'ann@example.com');
  client = await OAuthClient.register(server.origin);
  tokens = await client.connect(person);
  watch.faultsExpected = true;
});
afterAll(() => server?.close());

describe('more than can be done', () => {
  it('is refused at once with 503, while what was begun is finished', async () => {
    const holder = new Client({ connectionString: server.config.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT id FROM grants FOR UPDATE');
    const refused: Answer[] = [];
    const done: Answer[] = [];
    const all: Promise<Answer>[] = [];
    const refresh = () => {
      const one = client.refresh(tokens.refresh_token);
      void one.then((answer) => (answer.status === 503 ? refused : done).push(answer));
      all.push(one);
    };
    for (let n = 0; n < OF_PROGRAMS_AT_ONCE; n++) refresh();
    // The row is locked: nobody can be done, and when these can be no burst, others are answered all the same.
    while (refused.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      refresh();
    }
    for (let n = 1; n < TOO_MANY; n++) refresh();
    while (refused.length < TOO_MANY) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(done).toHaveLength(0);
    // Calls and people have places of their own; what is known without the database takes none.
    for (const path of [
      '/health/live',
      '/console/login',
      '/.well-known/oauth-authorization-server/mcp',
      '/.well-known/oauth-protected-resource/mcp',
      '/mcp/oauth/jwks',
      '/mcp/oauth/revocations',
    ])
      expect({ path, status: (await fetch(server.origin + path)).status }).toEqual({ path, status: 200 });
    expect((await fetch(`${server.origin}/.well-known/openid-configuration/mcp`)).status).toBe(404);
    await OAuthClient.register(server.origin);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    await holder.query('ROLLBACK');
    await holder.end();
    const answers = await Promise.all(all);

    for (const { headers, json } of refused) {
      expect(headers.get('retry-after')).toMatch(/^\d+$/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(json['error']).toBe('temporarily_unavailable');
    }
    const succeeded = answers.filter(({ status }) => status === 200);
    expect(refused.length + succeeded.length).toBe(all.length);
    expect(succeeded.length).toBeGreaterThanOrEqual(OF_PROGRAMS_AT_ONCE);
    expect(new Set(succeeded.map(({ json }) => json['refresh_token'])).size).toBe(1);
    tokens = succeeded[0]!.json as unknown as Tokens;
  }, 60_000);

  it('is a page for people, and takes no place of programs', async () => {
    const browser = new HttpBrowser();
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
      email: person.email,
      password: person.password,
    });
    const holder = new Client({ connectionString: server.config.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
    const refused: WebPage[] = [];
    const all: Promise<unknown>[] = [];
    const look = () => {
      const one = browser.get(`${server.origin}/console`);
      all.push(one.then((page) => textOf(page.html).includes('This server is busy') && refused.push(page)));
    };
    for (let n = 0; n < OF_PEOPLE_AT_ONCE; n++) look();
    while (refused.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      look();
    }
    const metadata = await fetch(`${server.origin}/.well-known/oauth-authorization-server/mcp`);
    expect(metadata.status).toBe(200);
    await holder.query('ROLLBACK');
    await holder.end();
    await Promise.all(all);
    expect(refused[0]!.status).toBe(503);
    expect(refused[0]!.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await browser.get(`${server.origin}/console`)).status).toBe(200);
  }, 60_000);

  it('passwords wait in a queue of their own, which is full before tokens have to wait', async () => {
    const browser = new HttpBrowser();
    const page = await browser.get(`${server.origin}/console/login`);
    const attempt = (n: number) =>
      browser.submit(page, 'Log in', { email: `person${n}@example.com`, password: 'not a password' });
    const attempts = Array.from({ length: 64 + availableParallelism() + TOO_MANY }, (_, n) => attempt(n));
    const first = await Promise.any(
      attempts.map(async (one) => ((await one).status === 503 ? one : Promise.reject(new Error('it was hashed')))),
    );
    expect(first.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(textOf(first.html)).toContain('This server is busy');
    let waiting = attempts.length;
    for (const one of attempts) void one.finally(() => waiting--);
    const refreshed = await client.refresh(tokens.refresh_token);
    expect(refreshed.status).toBe(200);
    expect(waiting).toBeGreaterThan(0);
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 503).length).toBeGreaterThanOrEqual(64);
    expect(new Set(statuses)).toEqual(new Set([503, 401]));
  }, 60_000);
});
