import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real Chromium: an installed one; else Debian's package, as root; else Playwright's download. Throws when there is none to be had. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: installed() ?? fromDebian() ?? fromPlaywright(), args: ARGUMENTS });
}

function installed(): string | undefined {
  const inPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env['CHROMIUM'] ?? '', ...inPath, ...MAC].find((path) => path !== '' && existsSync(path));
}

function fromDebian(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env, stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return installed();
}

function fromPlaywright(): string {
  try {
    execFileSync(
      process.execPath,
      [join(process.cwd(), 'node_modules/playwright-core/cli.js'), 'install', 'chromium'],
      { stdio: 'ignore' },
    );
  } catch (error) {
    throw new Error(
      'There is no Chromium: none is installed, and none could be fetched. Install one, or name it in CHROMIUM.',
      { cause: error },
    );
  }
  return chromium.executablePath();
}
