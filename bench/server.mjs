import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { freePort } from '../test/support/postgres-server.mjs';
import { start } from './processes.mjs';

/**
 * This server as it is in production, on a database of that address: how to start it, and its command line.
 * @param {string} databaseUrl
 * @param {Record<string, string>} [more] variables
 */
export async function serverOn(databaseUrl, more = {}) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  /** @type {Record<string, string>} */
  const variables = {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL: origin,
    SECRETS: randomBytes(48).toString('base64url'),
    RATE_LIMITS: 'off',
    ...more,
  };
  return {
    origin,
    variables,
    launch: () => start(['dist/main.js'], variables, 'is ready.'),
    /** Throws what it said when it fails. @param {string[]} args @param {string} [input] @param {string[]} [ofNode] */
    cli(args, input = '', ofNode = []) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [...ofNode, 'dist/cli.js', ...args], {
        env: { PATH: process.env['PATH'], ...variables },
        input,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return { stdout, stderr };
    },
  };
}
