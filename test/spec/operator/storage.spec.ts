import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Storage } from '../../../src/database/repositories/storage.repository.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { type HttpBrowser, textOf } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { sweep } from '../../support/sweeping.js';
import { enter } from '../../support/walked.js';

describe.each(BOTH_DATABASES)('storage, as operators see it, on %s', (database) => {
  let server: TestServer;
  let operator: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    operator = await addPerson(server.app, 'operator@example.com');
    await server.query('UPDATE users SET operator = true');
    browser = await enter(server, operator);
  });
  afterAll(() => server?.close());

  /** What the page says of each table. */
  const shown = async () => {
    const { html } = await browser.get(`${server.origin}/console/operator/storage`);
    const items = [...html.matchAll(/<li class="item">[\s\S]*?<code>([a-z_]+)<\/code><\/p>([\s\S]*?)<\/li>/g)];
    return new Map(
      items.map(([, table, rest]) => {
        const [facts, ...what] = rest!.split('</p>').map((part) => textOf(part));
        return [table!, { facts: facts!, what: what.join(' ').trim() }] as const;
      }),
    );
  };

  it('every table is there, with what it is for and when it goes', async () => {
    const tables = await server.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations' ORDER BY 1`,
    );
    const page = await shown();
    expect([...page.keys()].toSorted()).toEqual(tables.map(({ name }) => name));
    for (const [table, { what }] of page) expect([table, what]).toEqual([table, expect.stringMatching(/^[A-Z].+\.$/)]);
    expect(page.get('grants')!.what).toContain('Removed 90 days after the connection ended. Not swept yet.');
    expect(page.get('denied_requests')!.what).toContain('Removed 1 hour after');
    expect(page.get('audit_events')!.what).toBe('The log. Kept.');
  });

  it('rows are near what there is, also of a table that was never analysed', async () => {
    await server.query(
      `INSERT INTO projects (organization_id, name, created_at, updated_at)
       SELECT $1, 'p' || n, now(), now() FROM generate_series(1, 20000) n`,
      [operator.organizationId],
    );
    await server.query('ANALYZE projects');
    await (await OAuthClient.register(server.origin)).connect(operator);
    const rows = Number(/^[\d,]+(?= rows ·)/.exec((await shown()).get('projects')!.facts)![0].replaceAll(',', ''));
    expect(Math.abs(rows - 20_000)).toBeLessThan(2_000);
  });

  it('nothing is counted: no table is read', async () => {
    const asked: string[] = [];
    const { logger } = server.app.get(DataSource, { strict: false });
    const log = logger.logQuery.bind(logger);
    logger.logQuery = (query, ...rest) => {
      asked.push(query);
      log(query, ...rest);
    };
    try {
      await server.app.get(Storage, { strict: false }).tables(server.clock.now());
    } finally {
      logger.logQuery = log;
    }
    expect(asked.join()).toContain('pg_class');
    expect(asked.join()).not.toMatch(/count\s*\(/i);
  });

  it('growth is what came a day since the oldest sample of up to thirty days', async () => {
    expect((await shown()).get('projects')!.facts).not.toContain('a day');
    await sweep(server);
    server.clock.advance(2 * 86_400);
    await server.query(
      `INSERT INTO projects (organization_id, name, created_at, updated_at)
       SELECT $1, 'q' || n, now(), now() FROM generate_series(1, 20000) n`,
      [operator.organizationId],
    );
    await server.query('ANALYZE projects');
    browser = await enter(server, operator);
    const growth = /\+[\d,]+(?= a day$)/.exec((await shown()).get('projects')!.facts)![0];
    expect(Math.abs(Number(growth.replaceAll(',', '')) - 10_000)).toBeLessThan(1_000);
    await sweep(server);
    server.clock.advance(31 * 86_400);
    await sweep(server);
    const days = await server.query<{ n: number }>('SELECT count(DISTINCT day)::int AS n FROM table_sizes');
    expect(days[0]!.n).toBe(1);
  });

  it('says when a table was swept, and of how much', async () => {
    browser = await enter(server, operator);
    await server.query(
      `INSERT INTO denied_requests SELECT gen_random_uuid(), $1::timestamptz FROM generate_series(1, 12)`,
      [new Date(server.clock.now().getTime() - 86_400_000)],
    );
    await sweep(server);
    const page = await shown();
    expect(page.get('denied_requests')!.what).toContain('Swept just now : 12 rows then, 12 rows in all.');
    expect(page.get('sessions')!.what).toMatch(/Swept just now : \d rows? then, \d+ rows? in all\./);
  });
});
