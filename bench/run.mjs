import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Client } from 'pg';
import { freePort, startPostgres } from '../test/support/postgres-server.mjs';
import { CONNECTIONS, load } from './load.mjs';
import { cpuSeconds, start } from './processes.mjs';

/*
 * `npm run bench`: this server and the floor, in turn, in one run, on a PostgreSQL of its own that is as durable as in
 * production. Ratios are what counts: machines are noisy. BENCH_SECONDS (3) and BENCH_ROUNDS (3) set how long.
 */

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const FILLER = 50_000;
const REDIRECT_URI = 'http://127.0.0.1:53682/callback';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** @typedef {import('./load.mjs').Sent} Sent */
/** @typedef {import('./load.mjs').Received} Received */
/**
 * @typedef {object} Workload
 * @property {(connection: number) => Sent | undefined} next
 * @property {(received: Received, connection: number) => void} check
 */
/** @typedef {{ rate: number, serverMicroseconds: number, databaseMicroseconds: number, p50: number, p99: number }} Figure */

/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [];
const postgres = await startPostgres();
running.push(postgres.stop);
const [serverPort, floorPort] = [await freePort(), await freePort()];
const origin = `http://127.0.0.1:${serverPort}`;
const floorOrigin = `http://127.0.0.1:${floorPort}`;
const [serverUrl, floorUrl] = [await database('server'), await database('floor')];
const variables = {
  NODE_ENV: 'production',
  DATABASE_URL: serverUrl,
  PORT: String(serverPort),
  HOST: '127.0.0.1',
  PUBLIC_URL: origin,
  SECRETS: randomBytes(48).toString('base64url'),
  RATE_LIMITS: 'off',
};

try {
  const begun = performance.now();
  const server = await start(['dist/main.js'], variables, 'is ready.');
  const coldStart = performance.now() - begun;
  running.push(server.stop);
  const floor = await start(['bench/floor.mjs'], { PORT: String(floorPort), DATABASE_URL: floorUrl }, 'ready');
  running.push(floor.stop);
  report(await compare(await makeWorkloads(await seed()), server.pid, floor.pid), coldStart);
} finally {
  for (const stop of running.toReversed()) await stop();
}

/**
 * Every workload at both, in turn.
 * @param {Record<string, { ours: Workload, floor: Workload }>} workloads
 * @param {number} serverPid
 * @param {number} floorPid
 */
async function compare(workloads, serverPid, floorPid) {
  /** @type {Record<string, { ours: Figure[], floor: Figure[] }>} */
  const figures = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { ours, floor }] of Object.entries(workloads)) {
      const both = (figures[name] ??= { ours: [], floor: [] });
      const measureOurs = async () => both.ours.push(await measure(ours, origin, serverPid));
      const measureFloor = async () => both.floor.push(await measure(floor, floorOrigin, floorPid));
      for (const one of round % 2 ? [measureFloor, measureOurs] : [measureOurs, measureFloor]) await one();
    }
  }
  return figures;
}

/** @param {string} name @returns {Promise<string>} its URL */
async function database(name) {
  await query(postgres.url, `CREATE DATABASE ${name}`);
  return postgres.url.replace(/\/postgres$/, `/${name}`);
}

/** @param {Workload} workload @param {string} at @param {number} pid @returns {Promise<Figure>} */
async function measure(workload, at, pid) {
  await load(at, 0.3, workload.next, workload.check);
  const before = [cpuSeconds(pid), cpuSeconds(postgres.pid)];
  const { operations, seconds, p50, p99 } = await load(at, SECONDS, workload.next, workload.check);
  const after = [cpuSeconds(pid), cpuSeconds(postgres.pid)];
  const each = (/** @type {number} */ index) =>
    (((after[index] ?? Number.NaN) - (before[index] ?? Number.NaN)) / operations) * 1e6;
  return { rate: operations / seconds, serverMicroseconds: each(0), databaseMicroseconds: each(1), p50, p99 };
}

/** A person, an organization, a registered client that is a row, and filler around them. */
async function seed() {
  const cli = (/** @type {string[]} */ args, input = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args], {
      env: { PATH: process.env['PATH'], ...variables },
      input,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  cli(['user', 'create', 'bench@example.com'], 'a password of the bench\n');
  cli(['org', 'create', 'Bench', '--owner', 'bench@example.com']);
  const registered = await fetch(`${origin}/mcp/oauth/register`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: registration(),
  });
  const { client_id, ...metadata } = /** @type {{ client_id: string }} */ (await registered.json());
  const [client] = await query(
    serverUrl,
    `INSERT INTO clients (client_id, digest, identity, metadata, created_at) VALUES ($1, $2, 'self-asserted', $3, now()) RETURNING id`,
    [client_id, sha256(client_id), metadata],
  );
  const verifier = randomBytes(32).toString('base64url');
  const seeded = { client: client.id, clientId: client_id, verifier };
  await addGrants(
    seeded,
    Array.from({ length: FILLER }, () => randomBytes(32).toString('base64url')),
  );
  await query(
    floorUrl,
    `INSERT INTO floor_tokens (hash, kind, expires_at) SELECT sha256(g::text::bytea), 'refresh', now() + interval '30 days' FROM generate_series(1, ${FILLER}) g`,
  );
  for (const url of [serverUrl, floorUrl]) await query(url, 'ANALYZE');
  return seeded;
}

/** Approved grants that wait for their codes to be exchanged, as the approval page makes them. @param {{ client: string, verifier: string }} seeded @param {string[]} codes */
async function addGrants({ client, verifier }, codes) {
  await query(
    serverUrl,
    `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash, code_challenge, redirect_uri, code_expires_at, expires_at)
     SELECT gen_random_uuid(), m.user_id, m.organization_id, $1, $2, '{organization:read,projects:read,projects:write}', true, now(), code, $3, $4, now() + interval '10 minutes', now() + interval '10 minutes'
       FROM memberships m, unnest($5::bytea[]) AS code`,
    [client, `${origin}/mcp`, sha256(verifier).toString('base64url'), REDIRECT_URI, codes.map(sha256)],
  );
}

/** @param {Awaited<ReturnType<typeof seed>>} seeded @returns {Promise<Record<string, { ours: Workload, floor: Workload }>>} */
async function makeWorkloads(seeded) {
  const { clientId: client_id, verifier } = seeded;
  const perRound = Math.ceil((SECONDS + 0.3) * 8_000);
  const codes = Array.from({ length: perRound * ROUNDS }, () => randomBytes(32).toString('base64url'));
  for (let at = 0; at < codes.length; at += 20_000) await addGrants(seeded, codes.slice(at, at + 20_000));
  const floorCodes = codes.slice();
  await query(
    floorUrl,
    `INSERT INTO floor_tokens (hash, kind, expires_at) SELECT code, 'code', now() + interval '10 minutes' FROM unnest($1::bytea[]) AS code`,
    [codes.map(sha256)],
  );
  for (const url of [serverUrl, floorUrl]) await query(url, 'ANALYZE');

  const exchange = (/** @type {string} */ code) => ({
    method: 'POST',
    path: '/mcp/oauth/token',
    headers: FORM,
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      client_id,
      resource: `${origin}/mcp`,
    }).toString(),
  });
  const refresh = (/** @type {string} */ refresh_token) => ({
    method: 'POST',
    path: '/mcp/oauth/token',
    headers: FORM,
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token, client_id }).toString(),
  });
  const spend = (/** @type {string} */ token) => ({
    method: 'POST',
    path: '/token',
    headers: FORM,
    body: new URLSearchParams({ token }).toString(),
  });

  /** One chain a connection. @type {string[]} */
  const chains = [];
  /** @type {string[]} */
  const floorChains = [];
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const code = /** @type {string} */ (codes.pop());
    await load(origin, 5, once(exchange(code)), ({ body }) => void chains.push(JSON.parse(body).refresh_token));
    await load(
      floorOrigin,
      5,
      once(spend(/** @type {string} */ (floorCodes.pop()))),
      ({ body }) => void floorChains.push(JSON.parse(body).refresh_token),
    );
  }
  /** Access tokens that the bearer check has not seen. @type {string[]} */
  const fresh = [];
  /** @type {string[]} */
  const floorFresh = [];
  const seen = { ours: '', floor: '' };
  const expect = (/** @type {number} */ status) => (/** @type {Received} */ received) => {
    if (received.status !== status) throw new Error(`${received.status} instead of ${status}: ${received.body}`);
  };
  const keep =
    (/** @type {string[]} */ tokens, /** @type {'ours' | 'floor'} */ whose) => (/** @type {Received} */ received) => {
      expect(200)(received);
      const { access_token, refresh_token } = JSON.parse(received.body);
      if (!refresh_token) throw new Error(received.body);
      if (tokens.length < 60_000) tokens.push(access_token);
      seen[whose] = access_token;
      return refresh_token;
    };
  const [keepOurs, keepFloor] = [keep(fresh, 'ours'), keep(floorFresh, 'floor')];
  const guarded = (/** @type {string | undefined} */ token, path = '/mcp') =>
    token && { path, headers: { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' } };
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

  return {
    refresh: {
      ours: {
        next: (connection) => refresh(String(chains[connection])),
        check: (received, connection) => void (chains[connection] = keepOurs(received)),
      },
      floor: {
        next: (connection) => spend(String(floorChains[connection])),
        check: (received, connection) => void (floorChains[connection] = keepFloor(received)),
      },
    },
    exchange: {
      ours: { next: () => from(codes, exchange), check: (received) => void keepOurs(received) },
      floor: { next: () => from(floorCodes, spend), check: (received) => void keepFloor(received) },
    },
    registration: {
      ours: {
        next: () => ({ method: 'POST', path: '/mcp/oauth/register', headers: JSON_TYPE, body: registration() }),
        check: expect(201),
      },
      floor: {
        next: () => ({ method: 'POST', path: '/register', headers: JSON_TYPE, body: registration() }),
        check: expect(201),
      },
    },
    metadata: {
      ours: { next: () => ({ path: '/.well-known/oauth-authorization-server/mcp' }), check: expect(200) },
      floor: { next: () => ({ path: '/metadata' }), check: expect(200) },
    },
    'bearer, new token': {
      ours: { next: () => guarded(fresh.pop()) || undefined, check: expect(405) },
      floor: { next: () => guarded(floorFresh.pop(), '/bearer') || undefined, check: expect(405) },
    },
    'bearer, seen token': {
      ours: { next: () => guarded(seen.ours) || undefined, check: expect(405) },
      floor: { next: () => guarded(seen.floor, '/bearer') || undefined, check: expect(405) },
    },
    'tools/list, seen token': {
      ours: {
        next: () => ({
          method: 'POST',
          path: '/mcp',
          headers: {
            ...JSON_TYPE,
            accept: 'application/json, text/event-stream',
            authorization: `Bearer ${seen.ours}`,
          },
          body: list,
        }),
        check: expect(200),
      },
      floor: { next: () => guarded(seen.floor, '/bearer') || undefined, check: expect(405) },
    },
  };
}

/** @param {Record<string, { ours: Figure[], floor: Figure[] }>} figures @param {number} coldStart milliseconds */
function report(figures, coldStart) {
  const rows = Object.entries(figures).map(([workload, { ours, floor: least }]) => {
    const [us, it] = [median(ours), median(least)];
    return {
      workload,
      'ops/s': Math.round(us.rate),
      'x floor': us.rate / it.rate,
      'server us/op': Math.round(us.serverMicroseconds),
      'x floor CPU': us.serverMicroseconds / it.serverMicroseconds,
      'database us/op': Math.round(us.databaseMicroseconds),
      'p50 ms': us.p50,
      'p99 ms': us.p99,
    };
  });
  const text = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(2)) : value,
      ]),
    ),
  );
  console.table(text);
  console.log(
    `${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s in turn, medians; ${cpus().length} cores, node ${process.versions.node}; cold start ${Math.round(coldStart)} ms with an empty PostgreSQL.`,
  );
  mkdirSync('out', { recursive: true });
  writeFileSync('out/bench.json', JSON.stringify({ coldStart, figures }, null, 2));
}

/** @param {Figure[]} all @returns {Figure} */
function median(all) {
  const of = (/** @type {keyof Figure} */ name) =>
    Number(all.map((one) => one[name]).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]);
  return {
    rate: of('rate'),
    serverMicroseconds: of('serverMicroseconds'),
    databaseMicroseconds: of('databaseMicroseconds'),
    p50: of('p50'),
    p99: of('p99'),
  };
}

function registration() {
  return JSON.stringify({
    client_name: 'Bench',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  });
}

/** @template T, S @param {T[]} left @param {(one: T) => S} make */
function from(left, make) {
  const one = left.pop();
  return one === undefined ? undefined : make(one);
}

/** Sends this once. @param {Sent} sent */
function once(sent) {
  /** @type {Sent | undefined} */
  let left = sent;
  return () => {
    const one = left;
    left = undefined;
    return one;
  };
}

/** @param {string} text */
function sha256(text) {
  return createHash('sha256').update(text).digest();
}

/** @param {string} url @param {string} sql @param {unknown[]} [values] */
async function query(url, sql, values) {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client
    .query(sql, values)
    .then(
      ({ rows }) => rows,
      (error) => Promise.reject(new Error(`${error.message}: ${sql}`)),
    )
    .finally(() => client.end());
}
