import { createHash, randomBytes } from 'node:crypto';
import { Client } from 'undici';
import { query } from '../database.mjs';
import { sender } from '../load.mjs';
import { serverOn } from '../server.mjs';
import {
  ask,
  bearer,
  browse,
  codeOf,
  EMAIL,
  FILLER,
  form,
  listTools,
  PASSWORD,
  REDIRECT_URI,
  registration,
} from './contestant.mjs';

const TOKEN = '/mcp/oauth/token';
/** Whose codes are exchanged. */
export const HOLDER = 'holder@example.com';

/**
 * This server, on a database of that address, with one person, one organization, and a registered client that is a row.
 * @param {string} databaseUrl of an empty database
 * @param {{ filler?: number, variables?: Record<string, string>, resource?: string }} [options] `resource`: when it is behind a proxy
 */
export async function ours(databaseUrl, { filler = FILLER, variables: more = {}, resource: own } = {}) {
  const { origin, variables, launch, cli } = await serverOn(databaseUrl, more);
  const elsewhere = `${origin}/elsewhere`;
  const ownResource = own ?? `${origin}/mcp`;

  const first = await launch();
  cli(['user', 'create', EMAIL], `${PASSWORD}\n`);
  cli(['org', 'create', 'Bench', '--owner', EMAIL]);
  const { stdout: declared } = cli([
    'resource',
    'create',
    elsewhere,
    '--name',
    'Elsewhere',
    '--scope',
    'things:read=Read things',
  ]);
  const server = { id: wordAfter(declared, 'client_id'), secret: wordAfter(declared, 'client_secret') };
  const client = new Client(origin);
  const { client_id, ...metadata } = await ask(sender(client), registration('/mcp/oauth/register'), 201);
  await client.close();
  await first.stop();

  const [row] = await query(
    databaseUrl,
    `INSERT INTO clients (client_id, digest, identity, metadata, created_at) VALUES ($1, $2, 'self-asserted', $3, now()) RETURNING id`,
    [client_id, sha256(client_id), metadata],
  );
  // Whoever logs in has not approved a hundred thousand tools: those are somebody else's.
  await query(
    databaseUrl,
    `WITH holder AS (INSERT INTO users (email, name, password_hash, created_at) VALUES ($1, 'Holder', '', now()) RETURNING id)
     INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT holder.id, o.id, 'owner', now() FROM holder, organizations o`,
    [HOLDER],
  );
  const verifier = randomBytes(32).toString('base64url');

  /** Approved grants whose codes wait, as the approval page makes them. @param {number} count @param {string} resource @param {string[]} scopes */
  async function approved(count, resource = ownResource, scopes = SCOPES) {
    const codes = Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
    for (let at = 0; at < count; at += 20_000)
      await query(
        databaseUrl,
        `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash, code_challenge, redirect_uri, code_expires_at, expires_at)
         SELECT gen_random_uuid(), m.user_id, m.organization_id, $1, $2, $6, true, now(), code, $3, $4, now() + interval '10 minutes', now() + interval '10 minutes'
           FROM memberships m JOIN users u ON u.id = m.user_id AND u.email = $7, unnest($5::bytea[]) AS code`,
        [
          row.id,
          resource,
          sha256(verifier).toString('base64url'),
          REDIRECT_URI,
          codes.slice(at, at + 20_000).map(sha256),
          scopes,
          HOLDER,
        ],
      );
    return codes;
  }
  await addFiller(databaseUrl, row.id, ownResource, filler);
  await query(databaseUrl, 'ANALYZE');

  const exchange = (/** @type {string} */ code, resource = ownResource) =>
    form(TOKEN, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      client_id,
      resource,
    });

  return {
    name: 'this server',
    origin,
    databaseUrl,
    variables,
    cli,
    /** Id of the client's row. */
    client: String(row.id),
    start: launch,
    /** @param {unknown} _send @param {number} count */
    codes: (_send, count) => approved(count),
    exchange,
    /** @param {string} refresh_token */
    refresh: (refresh_token) => form(TOKEN, { grant_type: 'refresh_token', refresh_token, client_id }),
    /** @param {{ refresh_token: string }} tokens */
    revoke: ({ refresh_token }) => form('/mcp/oauth/revoke', { token: refresh_token, client_id }),
    /** @param {import('../load.mjs').Send} send */
    async introspect(send) {
      const [code = ''] = await approved(1, elsewhere, ['things:read']);
      const { access_token } = await ask(send, exchange(code, elsewhere));
      return form(
        '/mcp/oauth/introspect',
        { token: access_token },
        { authorization: `Basic ${Buffer.from(`${server.id}:${server.secret}`).toString('base64')}` },
      );
    },
    register: () => registration('/mcp/oauth/register'),
    metadata: () => ({ path: '/.well-known/oauth-authorization-server/mcp' }),
    /** @param {string} token */
    bearer: (token) => bearer('/mcp', token, new URL(ownResource).host),
    /** @param {string} token */
    listTools: (token) => listTools('/mcp', token),
    /** @param {import('../load.mjs').Send} send */
    async logIn(send) {
      const { open, submit } = browse(send);
      const parameters = new URLSearchParams({
        response_type: 'code',
        client_id,
        redirect_uri: REDIRECT_URI,
        state: 'state',
        code_challenge: sha256(verifier).toString('base64url'),
        code_challenge_method: 'S256',
        resource: ownResource,
      });
      const login = await open(`/mcp/oauth/authorize?${parameters}`);
      const organization = await submit(login, { email: EMAIL, password: PASSWORD });
      const choice =
        'html' in organization ? /name="organization"[^>]*value="([^"]+)"/.exec(organization.html)?.[1] : '';
      const approval = await submit(organization, { organization: String(choice) });
      codeOf(await submit(approval, { decision: 'approve' }));
    },
  };
}

/** People of other organizations, with connections they use. @param {string} databaseUrl @param {string} client @param {string} resource @param {number} connections */
export async function addFiller(databaseUrl, client, resource, connections) {
  await query(
    databaseUrl,
    `WITH people AS (
       INSERT INTO users (email, name, password_hash, created_at)
       SELECT 'person' || n || '@example.com', 'Person ' || n, '', now() FROM generate_series(1, ${Math.ceil(connections / 50)}) n RETURNING id),
     organization AS (
       INSERT INTO organizations (name, created_at) VALUES ('Filler', now()) RETURNING id),
     members AS (
       INSERT INTO memberships (user_id, organization_id, role, created_at)
       SELECT people.id, organization.id, 'member', now() FROM people, organization RETURNING user_id, organization_id)
     INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash, code_challenge, redirect_uri, code_expires_at, code_used_at, rotated_at, expires_at)
     SELECT gen_random_uuid(), m.user_id, m.organization_id, $1, $2, $3, true, now(), sha256(gen_random_uuid()::text::bytea), '', $4, now(), now(), now(), now() + interval '30 days'
       FROM members m, generate_series(1, 50)`,
    [client, resource, SCOPES, REDIRECT_URI],
  );
}

const SCOPES = ['organization:read', 'projects:read', 'projects:write'];

/** @param {string} text @param {string} word */
function wordAfter(text, word) {
  const found = new RegExp(`${word}\\s+(\\S+)`).exec(text)?.[1];
  if (!found) throw new Error(`no ${word} in ${text}`);
  return found;
}

/** @param {string} text */
function sha256(text) {
  return createHash('sha256').update(text).digest();
}
