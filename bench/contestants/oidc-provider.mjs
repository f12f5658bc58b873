import { spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Client } from 'undici';
import { freePort } from '../../test/support/postgres-server.mjs';
import { query } from '../database.mjs';
import { sender } from '../load.mjs';
import { start } from '../processes.mjs';
import { accessTokens } from './access-tokens.mjs';
import {
  ask,
  bearer,
  browse,
  codeOf,
  EMAIL,
  FILLER,
  form,
  PASSWORD,
  REDIRECT_URI,
  registration,
} from './contestant.mjs';

const RESOURCE = 'https://resource.example.com/mcp';

/** oidc-provider with an adapter for PostgreSQL. @param {string} databaseUrl of an empty database @returns {Promise<import('./contestant.mjs').Contestant>} */
export async function oidcProvider(databaseUrl) {
  install();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const variables = {
    NODE_ENV: 'production',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    RESOURCE,
    EMAIL,
    PASSWORD,
  };
  const launch = () => start(['bench/contestants/oidc-provider-server.mjs'], variables, 'ready');
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');

  /** A person's whole flow. @param {import('../load.mjs').Send} send @param {string} client_id */
  const flow = async (send, client_id) => {
    const { open, submit } = browse(send);
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: REDIRECT_URI,
      state: 'state',
      scope: 'things:read things:write',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      resource: RESOURCE,
    });
    const login = await open(`/auth?${parameters}`);
    const consent = await submit(login, { email: EMAIL, password: PASSWORD });
    return codeOf(await submit(consent, { decision: 'approve' }));
  };

  const first = await launch();
  const client = new Client(origin);
  const send = sender(client);
  const { client_id } = await ask(send, registration('/reg'), 201);
  await flow(send, client_id);
  await client.close();
  await first.stop();

  /** Copies of what one approval wrote: a grant, and what was issued from it. @param {number} count @param {string} model @returns {Promise<string[]>} */
  const copies = async (count, model) => {
    const ids = Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
    for (let at = 0; at < count; at += 20_000)
      await query(
        databaseUrl,
        `WITH one AS (SELECT * FROM oidc_models WHERE model = 'AuthorizationCode' LIMIT 1),
              granted AS (SELECT g.* FROM oidc_models g, one WHERE g.model = 'Grant' AND g.id = one.grant_id),
              made AS (SELECT id, 'copy-' || id AS grant_id FROM unnest($1::text[]) AS id),
              grants AS (
                INSERT INTO oidc_models (model, id, payload, expires_at)
                SELECT 'Grant', made.grant_id, granted.payload || jsonb_build_object('jti', made.grant_id), granted.expires_at FROM made, granted)
         INSERT INTO oidc_models (model, id, grant_id, payload, expires_at)
         SELECT $2, made.id, made.grant_id, one.payload || jsonb_build_object('jti', made.id, 'grantId', made.grant_id, 'kind', $2::text, 'exp', extract(epoch FROM now())::int + 3600), now() + interval '1 hour'
           FROM made, one`,
        [ids.slice(at, at + 20_000), model],
      );
    return ids;
  };
  await copies(FILLER, 'RefreshToken');
  await query(databaseUrl, 'ANALYZE');

  const exchange = (/** @type {string} */ code) =>
    form('/token', {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      client_id,
    });
  return {
    name: 'oidc-provider',
    origin,
    databaseUrl,
    start: launch,
    codes: (_send, count) => copies(count, 'AuthorizationCode'),
    async accessTokens(count) {
      const [{ jwk: key }] = await query(databaseUrl, 'SELECT jwk FROM oidc_keys');
      return accessTokens(createPrivateKey({ key, format: 'jwk' }), RESOURCE, count);
    },
    exchange,
    refresh: (refresh_token) => form('/token', { grant_type: 'refresh_token', refresh_token, client_id }),
    revoke: ({ refresh_token }) => form('/token/revocation', { token: refresh_token, client_id }),
    // Its JWT access tokens are not looked up anywhere: the refresh token is what it can say something about.
    async introspect(by) {
      const [code = ''] = await copies(1, 'AuthorizationCode');
      const { refresh_token } = await ask(by, exchange(code));
      return form('/token/introspection', { token: refresh_token, client_id });
    },
    register: () => registration('/reg'),
    metadata: () => ({ path: '/.well-known/oauth-authorization-server' }),
    bearer: (token) => bearer('/mcp', token),
    async logIn(by) {
      await flow(by, client_id);
    },
  };
}

/** From its own lock file, when it is first asked for. */
function install() {
  if (existsSync('bench/peers/node_modules/oidc-provider')) return;
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: 'bench/peers',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('the peers could not be installed');
}
