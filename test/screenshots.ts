import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './support/browser.js';
import { reload, type Shoot, type Walk, World } from './support/world.js';

/** Pictures of every page, in light and dark, wide and narrow, in each language: `npm run screenshots`. */
const FOLDER = join(process.cwd(), 'docs/screenshots');
const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { colorScheme, name: `${colorScheme}-wide`, viewport: { width: 1280, height: 860 } },
  { colorScheme, name: `${colorScheme}-narrow`, viewport: { width: 320, height: 640 } },
]);
const AREAS = readdirSync('test/pictures').map((file) => file.replace('.ts', ''));

let world: World;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  world = await World.open();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

it('takes the setup page, while there is nobody', async () => {
  for (const look of LOOKS)
    await withPage(look, async (page, shoot) => {
      await page.goto(world.setupLink);
      await shoot('setup');
    });
}, 120_000);

describe.each(AREAS)('%s', (area) => {
  it.each(LOOKS)(
    '$name',
    async (look) => {
      const { walk } = (await import(`./pictures/${area}.ts`)) as { walk: Walk };
      await withPage(look, (page, shoot) => walk({ world, server: world.server, page, shoot }));
    },
    240_000,
  );
});

async function withPage(
  { name, colorScheme, viewport }: (typeof LOOKS)[number],
  work: (page: Page, shoot: Shoot) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport, locale: 'en' });
  const page = await context.newPage();
  const speak = (value: string) => context.addCookies([{ name: 'bkend-locale', value, url: world.server.origin }]);
  await work(page, async (what, { of = page, again = reload(of), inPassing = false } = {}) => {
    if (inPassing) return;
    const shot = (seen: Page, file: string) => seen.screenshot({ path: join(FOLDER, `${file}.png`), fullPage: true });
    await shot(of, `${what}-${name}`);
    await speak('ko');
    await shot(await again(), `${what}-ko-${name}`);
    await speak('en');
    await again();
  });
  await context.close();
}
