import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = join(process.cwd(), 'test/clients/packages');
const MODULES = join(FOLDER, 'node_modules');
/** What the newest of them wants. */
const NODE = [22, 19];

/**
 * Clients and suites as they are published, with the Node they want, from their own lock file. Installed when first
 * asked for.
 */
export async function installPackages(): Promise<void> {
  const [installed, lock] = [join(MODULES, '.package-lock.json'), join(FOLDER, 'package-lock.json')];
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: FOLDER });
}

/** The running Node if it is new enough, else the one that was installed. */
function nodeFor(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE[0]! || (major === NODE[0]! && minor >= NODE[1]!)) return process.execPath;
  const found = readdirSync(MODULES).find((name) => /^node-(?:bin-)?(?:linux|darwin)-/.test(name));
  if (!found) throw new Error(`no Node ${NODE.join('.')} or newer is installed, and there is none for this platform`);
  return join(MODULES, found, 'bin/node');
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of one of the packages. `watch` sees everything it has printed so far, as it prints. */
export function runPackage(
  name: string,
  command: string,
  args: readonly string[],
  { environment = {} as Record<string, string>, watch = (_printed: string): void => undefined } = {},
): Promise<Run> {
  const { bin } = JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(nodeFor(), [join(MODULES, name, bin[command]!), ...args], {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => watch((stdout += chunk.toString()) + stderr));
  child.stderr.on('data', (chunk: Buffer) => watch(stdout + (stderr += chunk.toString())));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
