import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { Pool } from 'pg';

/*
 * The floor: the least a server can do for each workload and still keep what it said. No framework, no checks, one
 * named statement, one ES256 signature. A token is its own row: the old one is marked used, the next inserted.
 */

const { PORT, DATABASE_URL, PRIVATE_KEY } = /** @type {{ PORT: string, DATABASE_URL: string, PRIVATE_KEY: string }} */ (
  process.env
);
const pool = new Pool({ connectionString: DATABASE_URL, max: 20 });
pool.on('error', () => undefined);
const privateKey = createPrivateKey(PRIVATE_KEY);
const publicKey = createPublicKey(privateKey);
const METADATA = JSON.stringify({
  issuer: `http://127.0.0.1:${PORT}`,
  token_endpoint: `http://127.0.0.1:${PORT}/token`,
  code_challenge_methods_supported: ['S256'],
});

await pool.query(`
  CREATE TABLE IF NOT EXISTS floor_tokens (hash bytea PRIMARY KEY, kind text NOT NULL, used boolean NOT NULL DEFAULT false, expires_at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS floor_clients (id text PRIMARY KEY, metadata jsonb NOT NULL)`);

const SPEND = {
  name: 'spend',
  text: `WITH spent AS (UPDATE floor_tokens SET used = true WHERE hash = $1 AND NOT used AND expires_at > now() RETURNING 1)
         INSERT INTO floor_tokens (hash, kind, expires_at) SELECT $2, 'refresh', now() + interval '30 days' FROM spent RETURNING 1`,
};
const REVOKE = {
  name: 'revoke',
  text: `UPDATE floor_tokens SET used = true WHERE hash = $1 AND NOT used RETURNING 1`,
};
const INTROSPECT = {
  name: 'introspect',
  text: `SELECT extract(epoch FROM expires_at)::int AS exp FROM floor_tokens WHERE hash = $1 AND NOT used AND expires_at > now()`,
};
const REGISTER = { name: 'register', text: 'INSERT INTO floor_clients (id, metadata) VALUES ($1, $2)' };

/** @param {string} token */
const hash = (token) => createHash('sha256').update(token).digest();
/** @param {unknown} value */
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = part({ alg: 'ES256', typ: 'at+jwt' });

function accessToken() {
  const now = Math.floor(Date.now() / 1000);
  const text = `${HEADER}.${part({ iss: 'floor', sub: 'x', aud: 'x', client_id: 'x', scope: 'x', iat: now, exp: now + 3600, jti: randomBytes(16).toString('hex') })}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** @param {string} token */
async function spend(token) {
  const successor = randomBytes(32).toString('base64url');
  const { rowCount } = await pool.query({ ...SPEND, values: [hash(token), hash(successor)] });
  return rowCount
    ? { access_token: accessToken(), token_type: 'Bearer', expires_in: 3600, refresh_token: successor }
    : { error: 'invalid_grant' };
}

/** @param {string | undefined} authorization */
function isValid(authorization = '') {
  const [head, body, signature] = authorization.slice(7).split('.');
  if (!signature) return false;
  return (
    verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ) && JSON.parse(Buffer.from(String(body), 'base64url').toString()).exp > Date.now() / 1000
  );
}

createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
  request.on('end', async () => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/metadata') return response.end(METADATA);
    if (request.url === '/bearer') return response.writeHead(isValid(request.headers.authorization) ? 405 : 401).end();
    if (request.url === '/token')
      return response.end(JSON.stringify(await spend(new URLSearchParams(body).get('token') ?? '')));
    const token = request.url === '/register' ? '' : (new URLSearchParams(body).get('token') ?? '');
    if (request.url === '/revoke') {
      await pool.query({ ...REVOKE, values: [hash(token)] });
      return response.end();
    }
    if (request.url === '/introspect') {
      const { rows } = await pool.query({ ...INTROSPECT, values: [hash(token)] });
      return response.end(JSON.stringify(rows[0] ? { active: true, exp: rows[0].exp } : { active: false }));
    }
    const id = randomBytes(16).toString('hex');
    await pool.query({ ...REGISTER, values: [id, body] });
    response.writeHead(201).end(JSON.stringify({ client_id: id, ...JSON.parse(body) }));
  });
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write('ready\n'));
