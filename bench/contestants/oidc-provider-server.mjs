import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { hash, verify } from '@node-rs/argon2';
import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import { Pool } from 'pg';

/*
 * oidc-provider doing this project's work: JWT access tokens by ES256, PKCE, refresh tokens that rotate, dynamic
 * registration, log-in by argon2id at the same cost, consent; everything in PostgreSQL, by named statements, and spent
 * by one conditional update, so that a code or a token is good once.
 */

const { Provider, errors } = await import(
  createRequire(new URL('../peers/', import.meta.url)).resolve('oidc-provider')
);
const { PORT, DATABASE_URL, RESOURCE, EMAIL, PASSWORD } =
  /** @type {Record<'PORT' | 'DATABASE_URL' | 'RESOURCE' | 'EMAIL' | 'PASSWORD', string>} */ (process.env);
const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };
const pool = new Pool({ connectionString: DATABASE_URL, max: 20 });
pool.on('error', () => undefined);

await pool.query(`
  CREATE TABLE IF NOT EXISTS oidc_models (model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, user_code text, uid text, consumed_at timestamptz, expires_at timestamptz, PRIMARY KEY (model, id));
  CREATE INDEX IF NOT EXISTS oidc_models_grant ON oidc_models (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_models_uid ON oidc_models (uid) WHERE uid IS NOT NULL;
  CREATE TABLE IF NOT EXISTS oidc_keys (jwk jsonb NOT NULL);
  CREATE TABLE IF NOT EXISTS oidc_people (email text PRIMARY KEY, password_hash text NOT NULL)`);

const COLUMNS = `payload, consumed_at FROM oidc_models WHERE model = $1 AND`;
const LIVE = `AND (expires_at IS NULL OR expires_at > now())`;

class Adapter {
  /** @param {string} model */
  constructor(model) {
    this.model = model;
  }

  /** @param {string} name @param {string} text @param {unknown[]} values */
  run(name, text, values) {
    return pool.query({ name, text, values: [this.model, ...values] });
  }

  /** @param {string} id @param {any} payload @param {number} expiresIn */
  upsert(id, payload, expiresIn) {
    return this.run(
      'upsert',
      `INSERT INTO oidc_models (model, id, payload, grant_id, user_code, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
       ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`,
      [id, payload, payload.grantId ?? null, payload.userCode ?? null, payload.uid ?? null, expiresIn ?? null],
    );
  }

  /** @param {string} name @param {string} where @param {string} value */
  async one(name, where, value) {
    const { rows } = await this.run(name, `SELECT ${COLUMNS} ${where} ${LIVE}`, [value]);
    return rows[0] && { ...rows[0].payload, ...(rows[0].consumed_at && { consumed: true }) };
  }

  /** @param {string} id */
  find(id) {
    return this.one('find', 'id = $2', id);
  }

  /** @param {string} code */
  findByUserCode(code) {
    return this.one('find-by-user-code', 'user_code = $2', code);
  }

  /** @param {string} uid */
  findByUid(uid) {
    return this.one('find-by-uid', 'uid = $2', uid);
  }

  /** @param {string} id */
  async consume(id) {
    const { rowCount } = await this.run(
      'consume',
      'UPDATE oidc_models SET consumed_at = now() WHERE model = $1 AND id = $2 AND consumed_at IS NULL',
      [id],
    );
    if (!rowCount) throw new errors.InvalidGrant('used already');
  }

  /** @param {string} id */
  destroy(id) {
    return this.run('destroy', 'DELETE FROM oidc_models WHERE model = $1 AND id = $2', [id]);
  }

  /** @param {string} grantId */
  revokeByGrantId(grantId) {
    return this.run('revoke', 'DELETE FROM oidc_models WHERE model = $1 AND grant_id = $2', [grantId]);
  }
}

const jwk = await signingKey();
await pool.query('INSERT INTO oidc_people VALUES ($1, $2) ON CONFLICT DO NOTHING', [EMAIL, await hash(PASSWORD, COST)]);

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: Adapter,
  jwks: { keys: [jwk] },
  cookies: { keys: ['a key that signs cookies of the bench'] },
  pkce: { required: () => true },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  rotateRefreshToken: true,
  expiresWithSession: () => false,
  issueRefreshToken: async (/** @type {any} */ _context, /** @type {any} */ client) =>
    client.grantTypeAllowed('refresh_token'),
  findAccount: (/** @type {any} */ _context, /** @type {string} */ id) => ({
    accountId: id,
    claims: () => ({ sub: id }),
  }),
  ttl: {
    AccessToken: 3600,
    AuthorizationCode: 600,
    RefreshToken: 2_592_000,
    Grant: 2_592_000,
    Interaction: 3600,
    Session: 86_400,
  },
  interactions: {
    url: (/** @type {any} */ _context, /** @type {any} */ interaction) => `/interaction/${interaction.uid}`,
  },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'things:read things:write',
        audience: RESOURCE,
        accessTokenTTL: 3600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});
const oidc = provider.callback();
const publicKey = createPublicKey({ key: { ...jwk, d: undefined }, format: 'jwk' });

createServer((request, response) => {
  if (request.url?.startsWith('/mcp')) return void guard(request, response);
  if (request.url?.startsWith('/interaction/'))
    return void interact(request, response).catch((/** @type {Error} */ error) =>
      response.writeHead(500).end(error.stack),
    );
  return oidc(request, response);
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write('ready\n'));

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function guard(request, response) {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  const valid = await jwtVerify(token, publicKey, { algorithms: ['ES256'], audience: RESOURCE, typ: 'at+jwt' }).then(
    () => true,
    () => false,
  );
  response.writeHead(valid ? 405 : 401).end();
}

/** Log in, then consent: what the page asks and what comes back. @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    const fields = prompt.name === 'login' ? '<input name="email"><input name="password" type="password">' : '';
    response.setHeader('content-type', 'text/html');
    return response.end(
      `<!doctype html><title>${prompt.name}</title><form method="post" action="${request.url}">${fields}<button>Go on</button></form>`,
    );
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  if (prompt.name === 'login') {
    const entered = new URLSearchParams(body);
    const { rows } = await pool.query({
      name: 'person',
      text: 'SELECT password_hash FROM oidc_people WHERE email = $1',
      values: [entered.get('email')],
    });
    if (!rows[0] || !(await verify(rows[0].password_hash, entered.get('password') ?? '')))
      return response.writeHead(401).end();
    return provider.interactionFinished(request, response, { login: { accountId: entered.get('email') } });
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addResourceScope(RESOURCE, params.scope);
  return provider.interactionFinished(
    request,
    response,
    { consent: { grantId: await grant.save() } },
    { mergeWithLastSubmission: true },
  );
}

/** The same after a restart. */
async function signingKey() {
  const { rows } = await pool.query('SELECT jwk FROM oidc_keys');
  if (rows[0]) return rows[0].jwk;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' };
  await pool.query('INSERT INTO oidc_keys VALUES ($1)', [made]);
  return made;
}
