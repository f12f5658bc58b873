import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

export type DatabaseKind = 'embedded' | 'postgres';
/** For `describe.each`: what can differ between the two runs on both. */
export const BOTH_DATABASES: readonly DatabaseKind[] = ['embedded', 'postgres'];

/** A database of a test's own: the variables that name it, and how to be rid of it. */
export interface TestDatabase {
  readonly variables: Record<string, string>;
  readonly url: string | undefined;
  remove(): Promise<void>;
}

export async function newDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bkend-test-'));
  const removeFolder = () => rmSync(dataDir, { recursive: true, force: true });
  if (kind === 'embedded')
    return { variables: { DATA_DIR: dataDir }, url: undefined, remove: async () => removeFolder() };
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`CREATE DATABASE ${name}`);
  const url = new URL(process.env['TEST_DATABASE_URL']!);
  url.pathname = `/${name}`;
  return {
    variables: { DATA_DIR: dataDir, DATABASE_URL: url.href, DATABASE_POOL: '10' },
    url: url.href,
    remove: async () => {
      await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      removeFolder();
    },
  };
}

async function administer(sql: string): Promise<void> {
  const client = new Client({ connectionString: process.env['TEST_DATABASE_URL'] });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
