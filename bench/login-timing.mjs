import { startPostgres } from '../test/support/postgres-server.mjs';
import { cookiesOf } from './console-pages.mjs';
import { FORM, PASSWORD } from './contestants/contestant.mjs';
import { query } from './database.mjs';
import { serverOn } from './server.mjs';

/*
 * `npm run bench:login-timing`: whether the time that a refusal takes tells who has an account. Accounts that are known,
 * unknown and disabled are tried in turn with a wrong password, BENCH_TRIES (300) times each, one at a time.
 */

const TRIES = Number(process.env['BENCH_TRIES'] ?? 300);
const WARM_UP = 20;
/** Of the fastest, in milliseconds; of the middle one, as a share of what a refusal takes, which is nearly all hashing. */
const MOST = { min: 3, median: 0.05 };

const postgres = await startPostgres();
/** What has been started, to be stopped whatever happens. @type {(() => Promise<unknown>)[]} */
const running = [postgres.stop];
const { origin, launch, cli } = await serverOn(postgres.url);

try {
  running.push((await launch()).stop);
  for (const email of ['known@example.com', 'disabled@example.com']) cli(['user', 'create', email], `${PASSWORD}\n`);
  await query(postgres.url, 'UPDATE users SET disabled_at = now() WHERE email = $1', ['disabled@example.com']);
  const took = await measure(['known', 'unknown', 'disabled']);
  const rows = Object.entries(took).map(([account, times]) => ({ account, ...summary(times) }));
  const known = rows.find(({ account }) => account === 'known');
  if (!known) throw new Error('nothing was measured');
  const compared = rows.map(({ account, min, median }) => ({
    account,
    'min ms': min.toFixed(2),
    'median ms': median.toFixed(2),
    'min apart, ms': Math.abs(min - known.min).toFixed(2),
    'median apart, %': ((Math.abs(median - known.median) / known.median) * 100).toFixed(1),
    alike: Math.abs(min - known.min) < MOST.min && Math.abs(median - known.median) < MOST.median * known.median,
  }));
  console.table(compared);
  if (!compared.every(({ alike }) => alike)) process.exitCode = 1;
} finally {
  for (const stop of running.toReversed()) await stop();
}

/**
 * The accounts in turn, each round beginning with another, so that whatever the machine does besides falls on all alike.
 * @param {string[]} accounts
 * @returns {Promise<Record<string, number[]>>} milliseconds
 */
async function measure(accounts) {
  const logIn = await loginForm();
  /** @type {Record<string, number[]>} */
  const took = Object.fromEntries(accounts.map((account) => [account, []]));
  for (let round = -WARM_UP; round < TRIES; round++) {
    for (let turn = 0; turn < accounts.length; turn++) {
      const account = String(accounts[(turn + round + WARM_UP) % accounts.length]);
      const begun = performance.now();
      await logIn(`${account}@example.com`);
      if (round >= 0) took[account]?.push(performance.now() - begun);
    }
  }
  return took;
}

/** @returns {Promise<(email: string) => Promise<void>>} sends a wrong password for it */
async function loginForm() {
  const page = await fetch(`${origin}/console/login`);
  const cookie = cookiesOf(page);
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  return async (email) => {
    const response = await fetch(`${origin}/console/login`, {
      method: 'POST',
      headers: { ...FORM, cookie },
      body: new URLSearchParams({ csrf, email, password: 'a wrong password' }),
    });
    await response.text();
    if (response.status !== 401) throw new Error(`logging in as ${email}: ${response.status}`);
  };
}

/** @param {number[]} times */
function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? Number.NaN, median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN };
}
