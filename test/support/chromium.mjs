import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * A real Chromium: an installed one; else Debian's package, when run as root; else Playwright's download.
 * Throws when there is none to be had.
 * @returns {string} its path
 */
export function findChromium() {
  return installed() ?? fromDebian() ?? fromPlaywright();
}

/** @returns {string | undefined} */
function installed() {
  const inPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env['CHROMIUM'] ?? '', ...inPath, ...MAC].find((path) => path !== '' && existsSync(path));
}

function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-nanum'], {
      env,
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return installed();
}

function fromPlaywright() {
  const path = chromium.executablePath();
  if (existsSync(path)) return path;
  try {
    const command = join(process.cwd(), 'node_modules/playwright-core/cli.js');
    execFileSync(process.execPath, [command, 'install', 'chromium'], { stdio: 'ignore' });
  } catch (error) {
    throw new Error(
      'There is no Chromium: none is installed, and none could be fetched. Install one, or name it in CHROMIUM.',
      { cause: error },
    );
  }
  return path;
}
