import { execFileSync } from 'node:child_process';
import { findChromium } from './chromium.mjs';
import { startPostgres } from './postgres-server.mjs';

/** Once a run: the server is built as production starts it, and there are a browser and a PostgreSQL. */
export default async function setUp() {
  if (!process.env['TEST_SKIP_BUILD']) execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  process.env['CHROMIUM'] = findChromium();
  if (process.env['TEST_DATABASE_URL']) return;
  const postgres = await startPostgres({ fsync: 'off' });
  process.env['TEST_DATABASE_URL'] = postgres.url;
  /** @type {any} */ (globalThis).stopPostgres = postgres.stop;
}
