import { readFileSync, writeFileSync } from 'node:fs';
import { reported } from './report.mjs';

/*
 * `npm run bench:document`: docs/performance.md from the last run of each command. What was not run is left out.
 */

/** @type {{ name: string, title: string, command: string, about: string }[]} */
const SECTIONS = [
  {
    name: 'bench',
    title: 'Against peers and the floor',
    command: 'npm run bench',
    about: `The floor is a bare \`node:http\` server that does the least of each job: one named statement, one ES256 signature, no
check of anything. oidc-provider has an adapter for PostgreSQL whose \`consume\` is one conditional update, gives the same
JWT access tokens by ES256, rotates refresh tokens and hashes passwords with the same argon2id; its introspection is of
a refresh token, since it does not look its JWT access tokens up. \`requireBearerAuth\` is the official SDK's MCP server
behind the SDK's own guard. Before any is timed it has to show that of eight parallel spends one pair of tokens comes
out, that a refresh token replaced twice is refused, and that sessions survive the process being killed. PostgreSQL
waits for the disk (\`fsync\` and \`synchronous_commit\` on). Writes are transactions that write anything; argon2id by
itself is the hash of a log-in where nothing else is done; an embedded database is there already when the server
starts. Each workload has processes of its own. Where the machine allows, the server has a core of its own, and
PostgreSQL and the load have another.`,
  },
  {
    name: 'grants',
    title: 'Ten million grants',
    command: 'npm run bench:grants',
    about: 'Refreshes hit grants anywhere in the table, one each; the codes that are exchanged are new.',
  },
  {
    name: 'nodes',
    title: 'Several nodes behind nginx',
    command: 'npm run bench:nodes',
    about: `Each process gets a small share of the processor, so that many fit on one machine: what counts is how throughput grows
with nodes, and what stops it. The configuration of nginx is [bench/nginx.conf](../bench/nginx.conf).`,
  },
  {
    name: 'overload',
    title: 'More than it can do',
    command: 'npm run bench:overload',
    about:
      'Refreshes are sent at twice the best rate, on as many connections as it takes, whether or not they are answered.',
  },
  {
    name: 'console',
    title: 'Pages of a large organization',
    command: 'npm run bench:console',
    about: 'One request at a time, logged in as the owner.',
  },
  {
    name: 'soak',
    title: 'Soak',
    command: 'npm run bench:soak',
    about: 'A mix of calls, refreshes, registrations and lookups at half of the best rate.',
  },
  {
    name: 'simulation',
    title: 'A hundred million connections',
    command: 'npm run bench:simulation',
    about: 'Computed, not measured: from the CPU time, WAL and bytes above.',
  },
];

const ran = SECTIONS.flatMap((section) => {
  const result = reported(section.name);
  return result ? [{ ...section, ...result }] : [];
});
const text = [
  '# Performance',
  `Printed from the runs of these commands by \`npm run bench:document\`; each brings its own PostgreSQL. Machines are noisy:
what counts is the ratio to the floor and to the peers in one run, and the CPU time of one operation.`,
  ...ran.flatMap(({ title, command, about, at, machine, text: found }) => [
    `## ${title}`,
    about,
    `\`${command}\`, ${String(at).slice(0, 10)}, ${machine.cores} cores (${String(machine.model).trim()}), Node ${machine.node}.`,
    found,
  ]),
].join('\n\n');
// What is not met, and why, was written by whoever read the profile.
writeFileSync('docs/performance.md', `${text}\n\n${readFileSync(new URL('gaps.md', import.meta.url), 'utf8')}`);
