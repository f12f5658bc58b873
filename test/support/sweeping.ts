import { Storage } from '../../src/database/repositories/storage.repository.js';
import { Sweeps } from '../../src/database/repositories/sweeps.repository.js';
import { openDatabase } from '../../src/database/open-database.js';
import { Statements } from '../../src/database/statements.js';
import { Sweeper } from '../../src/upkeep/sweeper.service.js';
import type { TestServer } from './server.js';

export const DAY = 86_400;
/** Seconds a connection is kept once it has ended. */
export const KEPT = 90 * DAY;

/** As if an hour had gone by: everything is due. */
export async function sweep(server: Pick<TestServer, 'app' | 'clock'>): Promise<void> {
  server.clock.advance(3_601);
  await server.app.get(Sweeper, { strict: false }).tick();
}

/** The same of another node, with connections of its own to the database. */
export async function anotherNode({ config, clock }: Pick<TestServer, 'config' | 'clock'>) {
  const { dataSource, close } = await openDatabase(config);
  const sweeps = new Sweeps(dataSource, new Statements(dataSource));
  return { sweeps, sweeper: new Sweeper(sweeps, new Storage(dataSource), config, clock), close };
}

/** Grants like this one that ended so many seconds ago: revoked, or never refreshed again. */
export async function endedLike(
  { query, clock }: Pick<TestServer, 'query' | 'clock'>,
  grantId: string,
  { count = 1, ago, revoked = false }: { count?: number; ago: number; revoked?: boolean },
): Promise<string[]> {
  const at = new Date(clock.now().getTime() - ago * 1000);
  const rows = await query<{ id: string }>(
    `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash,
         code_challenge, redirect_uri, code_expires_at, code_used_at, connected_from, expires_at, revoked_at, revoked_because)
     SELECT gen_random_uuid(), user_id, organization_id, client_id, resource, scopes, renewable, $3::timestamptz - interval '40 days',
         sha256(gen_random_uuid()::text::bytea), code_challenge, redirect_uri, $3::timestamptz - interval '39 days', $3::timestamptz - interval '40 days', '::1',
         CASE WHEN $4 THEN $3::timestamptz + interval '20 days' ELSE $3 END, CASE WHEN $4 THEN $3 END, CASE WHEN $4 THEN 'disconnected' END
       FROM grants, generate_series(1, $2::integer) WHERE id = $1 RETURNING id`,
    [grantId, count, at, revoked],
  );
  return rows.map(({ id }) => id);
}
