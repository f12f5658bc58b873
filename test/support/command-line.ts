import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestDatabase } from './databases.js';
import { SECRET } from './server.js';

const CLI = join(process.cwd(), 'dist/cli.js');
type Database = Pick<TestDatabase, 'variables'>;

/** The built command line, as an operator runs it. */
export function runCommand(
  database: Database,
  args: string[],
  { input = '', variables = {} as Record<string, string> } = {},
): { status: number | null; stdout: string; stderr: string } {
  const env = environment(database, variables);
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', input, env });
  return { status, stdout, stderr };
}

/** The same, while this process can answer what the command asks of it. What it says; throws when it fails. */
export async function runBeside(
  database: Database,
  args: string[],
  variables: Record<string, string>,
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], {
    env: environment(database, variables),
  });
  return stdout;
}

function environment(database: Database, variables: Record<string, string>): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], NODE_ENV: 'test', SECRETS: SECRET, ...database.variables, ...variables };
}
