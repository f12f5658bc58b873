import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestDatabase } from './databases.js';
import { SECRET } from './server.js';

/** The built command line, as an operator runs it. */
export function runCommand(
  database: Pick<TestDatabase, 'variables'>,
  args: string[],
  { input = '', variables = {} as Record<string, string> } = {},
): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', SECRETS: SECRET, ...database.variables, ...variables };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(process.cwd(), 'dist/cli.js'), ...args], {
    encoding: 'utf8',
    input,
    env,
  });
  return { status, stdout, stderr };
}
