import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { freePort } from '../../test/support/postgres-server.mjs';
import { query } from '../database.mjs';
import { start } from '../processes.mjs';
import { ask, bearer, FILLER, form, registration } from './contestant.mjs';

/** The floor: the least a server can do. @param {string} databaseUrl of an empty database @returns {Promise<import('./contestant.mjs').Contestant>} */
export async function floor(databaseUrl) {
  const port = await freePort();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const variables = {
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  const launch = () => start(['bench/contestants/floor-server.mjs'], variables, 'ready');
  await (await launch()).stop();
  await query(
    databaseUrl,
    `INSERT INTO floor_tokens (hash, kind, expires_at) SELECT sha256(g::text::bytea), 'refresh', now() + interval '30 days' FROM generate_series(1, ${FILLER}) g`,
  );
  await query(databaseUrl, 'ANALYZE');
  /** @param {unknown} _send @param {number} count */
  async function codes(_send, count) {
    const made = Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
    await query(
      databaseUrl,
      `INSERT INTO floor_tokens (hash, kind, expires_at) SELECT code, 'code', now() + interval '10 minutes' FROM unnest($1::bytea[]) AS code`,
      [made.map((code) => createHash('sha256').update(code).digest())],
    );
    return made;
  }
  const spend = (/** @type {string} */ token) => form('/token', { token });
  return {
    name: 'floor',
    origin: `http://127.0.0.1:${port}`,
    databaseUrl,
    start: launch,
    codes,
    exchange: spend,
    refresh: spend,
    revoke: ({ refresh_token }) => form('/revoke', { token: refresh_token }),
    async introspect(send) {
      const [code = ''] = await codes(send, 1);
      return form('/introspect', { token: (await ask(send, spend(code))).refresh_token });
    },
    register: () => registration('/register'),
    metadata: () => ({ path: '/metadata' }),
    bearer: (token) => bearer('/bearer', token),
  };
}
