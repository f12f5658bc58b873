import { startPostgres } from '../test/support/postgres-server.mjs';
import { logIn, rehearsalPage, timePages } from './console-pages.mjs';
import { EMAIL, PASSWORD } from './contestants/contestant.mjs';
import { query as ask } from './database.mjs';
import { report, table } from './report.mjs';
import { serverOn } from './server.mjs';

/*
 * `npm run bench:console`: what the pages of one large organization take, on a PostgreSQL of its own that is as durable as
 * in production. BENCH_CONNECTIONS (100,000), BENCH_EVENTS (1,000,000) and BENCH_ROUNDS (20) set how much.
 */

const CONNECTIONS = Number(process.env['BENCH_CONNECTIONS'] ?? 100_000);
const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 20);
const PEOPLE = Math.ceil(CONNECTIONS / 10);
const TOOLS = 40;

const postgres = await startPostgres();
/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [postgres.stop];
const { origin, launch, cli } = await serverOn(postgres.url);

try {
  running.push((await launch()).stop);
  cli(['user', 'create', EMAIL], `${PASSWORD}\n`);
  cli(['org', 'create', 'Bench', '--owner', EMAIL]);
  const [organization] = await query('SELECT id FROM organizations');
  await seed(organization.id);
  // A million events at once is what no log sees: what sealing them takes is told, and not part of what pages take.
  const sealing = await sealed();
  const cookie = await logIn(origin);
  const rehearsals = {
    'rehearsal, all end': await rehearsalPage(origin, organization.id, cookie, { verdict: 'deny' }),
    'rehearsal, all change': await rehearsalPage(origin, organization.id, cookie, {
      verdict: 'allow',
      scope: 'organization:read',
    }),
  };
  const asked = { ...(await pages(organization.id)), ...rehearsals };
  const times = await timePages(origin, asked, cookie, ROUNDS);
  const rows = times.map(({ page, p50, p95 }) => [page, p50.toFixed(1), p95.toFixed(1)]);
  const text = [
    `${CONNECTIONS} connections of one organization, ${EVENTS} events in the log, each page ${ROUNDS} times.`,
    table(['Page', 'p50 ms', 'p95 ms'], rows),
    `${sealing} ${verify()}`,
  ].join('\n\n');
  report('console', { connections: CONNECTIONS, events: EVENTS, pages: times }, text);
} finally {
  for (const stop of running.toReversed()) await stop();
}

/** People with ten connections each, some of them used within the last month; and what the log says of them. @param {string} organization */
async function seed(organization) {
  const begun = performance.now();
  await query(
    `WITH people AS (
       INSERT INTO users (email, name, password_hash, created_at)
       SELECT 'person' || n || '@example.com', 'Person ' || n, '', now() FROM generate_series(1, ${PEOPLE}) n RETURNING id)
     INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT id, $1, 'member', now() FROM people`,
    [organization],
  );
  await query(
    `INSERT INTO clients (client_id, digest, identity, metadata, created_at)
     SELECT 'dyn-' || n, sha256(n::text::bytea), 'self-asserted', jsonb_build_object('client_name', 'Tool ' || n), now()
       FROM generate_series(1, ${TOOLS}) n`,
  );
  await query(
    `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash, code_challenge,
                         redirect_uri, code_expires_at, code_used_at, expires_at, last_used_at, generation, secret_hash)
     SELECT gen_random_uuid(), p.id, $1, t.id, $2, '{organization:read,projects:read,projects:write}', true, at, sha256(n::text::bytea), '',
            'http://127.0.0.1/callback', at, at, now() + interval '20 days', at, 1, ''
       FROM (SELECT n, now() - n * interval '30 seconds' AS at FROM generate_series(1, ${CONNECTIONS}) n) AS numbers
       JOIN (SELECT user_id AS id, row_number() OVER () - 1 AS i FROM memberships WHERE role = 'member') p ON p.i = n % ${PEOPLE}
       JOIN (SELECT id, row_number() OVER () - 1 AS i FROM clients) t ON t.i = n % ${TOOLS}`,
    [organization, `${origin}/mcp`],
  );
  await query(
    `INSERT INTO connection_uses SELECT id, organization_id, created_at + random() * (now() - created_at), '203.0.113.7' FROM grants WHERE random() < 0.9`,
  );
  await query(
    `INSERT INTO connection_hours SELECT id, date_trunc('hour', now()) - h * interval '1 day', organization_id, 10, 1, '{projects:read}', '{"list_projects": 8, "whoami": 2}'
       FROM grants, generate_series(1, 17, 8) h WHERE random() < 0.9`,
  );
  await query(
    `INSERT INTO usage_days
     SELECT organization_id, 'organization', hour::date, '', sum(calls), sum(failures) FROM connection_hours GROUP BY 1, 3
     UNION ALL
     SELECT h.organization_id, 'client', hour::date, 'Tool ' || right(g.client_id::text, 2), sum(calls), sum(failures)
       FROM connection_hours h JOIN grants g ON g.id = grant_id GROUP BY 1, 3, 4
     UNION ALL
     SELECT g.organization_id, 'person', date_trunc('week', now())::date - 7 * w, g.user_id::text, count(*), 0
       FROM grants g, generate_series(0, 4) w GROUP BY 1, 3, 4`,
  );
  // The log begins with these, in the order of time, as it would have been written.
  await query('SET session_replication_role = replica; TRUNCATE audit_chain, audit_events');
  await query(
    `INSERT INTO audit_events (at, action, user_id, organization_id, grant_id, address, detail)
     SELECT now() - (${EVENTS} - n) * interval '2.5 seconds', 'grant.approved', g.user_id, g.organization_id, g.id, '203.0.113.' || n % 250, '{}'
       FROM generate_series(1, ${EVENTS}) n JOIN (SELECT *, row_number() OVER () AS i FROM grants) g ON g.i = n % ${CONNECTIONS} + 1
      ORDER BY n`,
  );
  await query('VACUUM ANALYZE');
  console.log(
    `${CONNECTIONS} connections and ${EVENTS} events made in ${Math.round((performance.now() - begun) / 1000)} s.`,
  );
}

/** Every page of an organization, by what it is. @param {string} organization @returns {Promise<Record<string, string>>} */
async function pages(organization) {
  const base = `/console/organizations/${organization}`;
  const [middle] = await query(
    `SELECT id, user_id, client_id, (extract(epoch FROM created_at) * 1000000)::bigint::text AS key FROM grants ORDER BY created_at OFFSET ${CONNECTIONS >> 1} LIMIT 1`,
  );
  return {
    'connections, newest': `${base}/connections`,
    'connections, newest, in the middle': `${base}/connections?after=${middle.key}+${middle.id}`,
    'connections, last used': `${base}/connections?sort=used`,
    'connections, last used, in the middle': `${base}/connections?sort=used&after=${middle.key}+${middle.id}`,
    'connections, by person': `${base}/connections?sort=person`,
    'connections, by person, in the middle': `${base}/connections?sort=person&after=person5%40example.com+${middle.id}`,
    'connections, search for a person': `${base}/connections?q=person77%40`,
    'connections, search for a tool': `${base}/connections?q=tool+7`,
    'connections, search for nothing': `${base}/connections?q=nothing+is+like+this`,
    'connections, of one person': `${base}/connections?person=${middle.user_id}`,
    'connections, of one tool': `${base}/connections?tool=${middle.client_id}`,
    'connections, dormant': `${base}/connections?dormant=on`,
    'one connection': `${base}/connections/${middle.id}`,
    'end everything, asked': `${base}/connections/end?everything=1`,
    'end all of a name, asked': `${base}/connections/end?called=Tool+7`,
    usage: `${base}/usage`,
    'usage, all people': `${base}/usage/people`,
    'usage, all people, in the middle': `${base}/usage/people?after=50+${middle.user_id}`,
    members: `${base}/members`,
    'members, in the middle': `${base}/members?after=person5%40example.com`,
    'members, search': `${base}/members?q=person77%40`,
    log: `${base}/audit`,
    'log, one act': `${base}/audit?action=grant.approved`,
    'log, one person': `${base}/audit?person=person77%40`,
    'log, many people': `${base}/audit?person=person`,
    'log, a tool': `${base}/audit?tool=tool+7`,
    'log, one connection': `${base}/audit?connection=${middle.id}`,
    'log, an address': `${base}/audit?address=203.0.113.7`,
    'log, a day': `${base}/audit?until=${new Date(Date.now() - 20 * 86_400_000).toISOString().slice(0, 10)}`,
    'log, nothing is like it': `${base}/audit?address=192.0.2.1&person=nobody`,
  };
}

/** Waits until every event is a link, and says how long that took from here on. */
async function sealed() {
  const begun = performance.now();
  for (let left = 1; left > 0;) {
    const [row] = await query(
      'SELECT (SELECT count(*) FROM audit_events) - (SELECT count(*) FROM audit_chain) AS left',
    );
    left = Number(row.left);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  return `All events were sealed in ${Math.round((performance.now() - begun) / 1000)} s.`;
}

/** `audit verify` over all of it: its time, and the most memory it had. */
function verify() {
  const begun = performance.now();
  const reporting = "data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))";
  const { stderr } = cli(['audit', 'verify'], '', ['--import', reporting]);
  const seconds = Math.round((performance.now() - begun) / 1000);
  return `\`audit verify\` took ${seconds} s and ${Math.round(Number(stderr.trim().split('\n').at(-1)) / 1024)} MB at most.`;
}

/** @param {string} sql @param {unknown[]} [values] */
function query(sql, values) {
  return ask(postgres.url, sql, values);
}
