import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { BOTH_DATABASES } from '../support/databases.js';
import { startServer, type TestServer } from '../support/server.js';

describe.each(BOTH_DATABASES)('the schema the migrations make, on %s', (database) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer({ database });
  });
  afterAll(() => server?.close());

  it('is the one the entities describe', async () => {
    const { upQueries } = await server.app.get(DataSource, { strict: false }).driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('leaves room on a page of grants, so that a refresh updates in place', async () => {
    const [grants] = await server.query<{ reloptions: string[] }>(
      "SELECT reloptions FROM pg_class WHERE relname = 'grants'",
    );
    expect(grants?.reloptions?.join()).toMatch(/fillfactor=\d\d/);
    const changing = ['generation', 'secret_hash', 'rotated_at', 'expires_at', 'last_used_at'];
    const indexed = await server.query<{ indexdef: string }>(
      "SELECT indexdef FROM pg_indexes WHERE tablename = 'grants'",
    );
    expect(
      indexed.filter(({ indexdef }) => changing.some((column) => new RegExp(`\\b${column}\\b`).test(indexdef))),
    ).toEqual([]);
  });

  it('notices a column that no migration made', async () => {
    await server.query('ALTER TABLE projects DROP COLUMN updated_at');
    const { upQueries } = await server.app.get(DataSource, { strict: false }).driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query).join()).toContain('updated_at');
  });
});
