import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { reload, type Shoot, type Walk, World } from '../support/world.js';

/**
 * Every page and state that the picture walks stop at, looked at by axe, by the keyboard and by its own requests. A new
 * area joins by its file in `test/pictures`. A walk is done once; what it stops at is turned light and dark, wide and
 * narrow, English and Korean in place. States too like another for a picture are looked at once.
 */
const AREAS = readdirSync('test/pictures').map((file) => file.replace('.ts', ''));
const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 320, height: 640 };
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let world: World;
let browser: Browser;
/** What is wrong anywhere, by page and look. */
let faults: string[];

beforeAll(async () => {
  world = await World.open();
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

it('setup, while there is nobody', async () => {
  await look(async ({ page }, shoot) => {
    await page.goto(world.setupLink);
    await shoot('setup');
    await page.getByRole('textbox', { name: 'Email' }).fill('ann@example.com');
    await page.getByRole('textbox', { name: 'Password' }).fill('password');
    await page.getByRole('textbox', { name: 'Organization name' }).fill('Acme');
    await page.getByRole('button').last().click();
    await shoot('setup-refused');
  });
}, 120_000);

describe.each(AREAS)('%s', (area) => {
  it('W19 has nothing that axe, a keyboard, a narrow window or a strict policy would object to', async () => {
    const { walk } = (await import(`../pictures/${area}.ts`)) as { walk: Walk };
    await look(({ page }, shoot) => walk({ world, server: world.server, page, shoot }));
  }, 1_200_000);
});

async function look(work: (scene: { page: Page }, shoot: Shoot) => Promise<void>): Promise<void> {
  faults = [];
  const context = await browser.newContext({ viewport: WIDE, locale: 'en', reducedMotion: 'reduce' });
  let stops = 0;
  try {
    await context.addInitScript(axe.source);
    watchRequests(context);
    const page = await context.newPage();
    await work({ page }, async (what, { of = page, again = reload(of), busy = false, inPassing = false } = {}) => {
      stops++;
      await examine(of, what, { locale: 'en', colorScheme: 'light', viewport: WIDE });
      if (!busy) await byKeyboard(of, what);
      await of.setViewportSize(NARROW);
      await measure(of, `${what} en narrow`, 'en');
      if (!inPassing) {
        await speak(context, 'ko');
        await examine(await again(), what, { locale: 'ko', colorScheme: 'dark', viewport: NARROW });
        await speak(context, 'en');
        await again();
      }
      await of.emulateMedia({ colorScheme: 'light' });
      await of.setViewportSize(WIDE);
    });
  } finally {
    await context.close();
  }
  expect(faults).toEqual([]);
  expect(stops).toBeGreaterThan(0);
}

const speak = (context: BrowserContext, value: 'en' | 'ko') =>
  context.addCookies([{ name: 'bkend-locale', value, url: world.server.origin }]);

/** Nothing is asked of anybody else, and the browser has nothing to complain about. */
function watchRequests(context: BrowserContext): void {
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && request.resourceType() !== 'document' && origin !== world.server.origin)
      faults.push(`${request.frame().url()} asked ${origin}`);
  });
  context.on('console', (message) => {
    // That a page's own status is 4xx is no complaint about the page.
    const isStatus = /Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !isStatus) faults.push(`${message.page()?.url()} complains: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`threw: ${error.error().message}`));
}

interface Look {
  readonly locale: 'en' | 'ko';
  readonly colorScheme: 'light' | 'dark';
  readonly viewport: typeof WIDE;
}

async function examine(page: Page, what: string, { locale, colorScheme, viewport }: Look): Promise<void> {
  const name = `${what} ${locale} ${colorScheme} ${viewport.width}`;
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport);
  const { violations } = await page.evaluate<AxeResults, string[]>(
    (values) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({
        runOnly: { type: 'tag', values },
        resultTypes: ['violations'],
      }),
    RULES,
  );
  for (const { id, nodes } of violations)
    for (const { html, failureSummary } of nodes) faults.push(`${name}: ${id}: ${html}: ${failureSummary}`);
  await measure(page, name, locale);
}

/**
 * What axe does not ask: one main heading and none below it that looks like more, the right language, nothing that
 * moves, no sideways scrolling, neither of the page nor of anything on it.
 */
async function measure(page: Page, name: string, lang: string): Promise<void> {
  const seen = await page.locator('html').evaluate((html) => ({
    headings: html.querySelectorAll('h1').length,
    lang: html.lang,
    overflow: html.scrollWidth - html.clientWidth,
    sideways: [...html.querySelectorAll('*')]
      .filter((element) => {
        const { overflowX } = html.ownerDocument.defaultView.getComputedStyle(element);
        return ['auto', 'scroll'].includes(overflowX) && element.scrollWidth > element.clientWidth;
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 80)),
    outgrown: ['h1', 'h2', 'h3', 'h4'].filter((heading, level, all) => {
      const size = (element: unknown) =>
        Number.parseFloat(html.ownerDocument.defaultView.getComputedStyle(element).fontSize);
      const above = [...html.querySelectorAll(all.slice(0, level).join() || 'none')].map(size);
      return [...html.querySelectorAll(heading)].some((element) => size(element) > Math.min(...above));
    }),
    mayMove: [...html.querySelectorAll('*')]
      .filter((element) => {
        const style = html.ownerDocument.defaultView.getComputedStyle(element);
        const durations: string[] = style.transitionDuration.split(', ');
        return style.animationName !== 'none' || durations.some((each) => Number.parseFloat(each) > 0.01);
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 80)),
  }));
  const wanted = { headings: 1, lang, overflow: 0, sideways: [], outgrown: [], mayMove: [] };
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) faults.push(`${name}: ${JSON.stringify(seen)}`);
}

/**
 * Tab goes to everything that can be used, in the order of the page, and wherever it is can be seen. Of a group of
 * radio buttons it goes to one.
 */
async function byKeyboard(page: Page, what: string): Promise<void> {
  await page.bringToFront();
  const usable = await page.locator('body').evaluate((body) => {
    const groups = new Set<string>();
    const all = [
      ...body.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'),
    ].filter((element) => {
      if (element.disabled || !element.checkVisibility()) return false;
      if (element.type !== 'radio') return true;
      const chosen = body.querySelector(`input[type=radio][name="${element.name}"]:checked`);
      if ((chosen && chosen !== element) || groups.has(element.name)) return false;
      groups.add(element.name);
      return true;
    });
    for (const [index, element] of all.entries()) element.dataset.tabOrder = String(index);
    // From the top, whatever had the focus.
    body.tabIndex = -1;
    body.focus();
    body.removeAttribute('tabindex');
    const { defaultView: window } = body.ownerDocument;
    window.visited = [];
    body.addEventListener('focusin', () => {
      const target = body.ownerDocument.activeElement;
      const { outlineStyle, outlineWidth } = window.getComputedStyle(target);
      const { width, top, bottom, left, right } = target.getBoundingClientRect();
      const inside = width > 0 && bottom > 0 && top < window.innerHeight && right > 0 && left < window.innerWidth;
      window.visited.push({
        place: String(target.dataset.tabOrder ?? target.tagName),
        visible: inside && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
        html: String(target.outerHTML).slice(0, 100),
      });
    });
    return all.length;
  });
  const order: string[] = [];
  // A date has a stop for each of its parts.
  const dates = await page.locator('input[type=date]').count();
  for (let presses = 0; presses < usable + 3 * dates; presses++) await page.keyboard.press('Tab');
  const seen = await page.locator('body').evaluate((body) => body.ownerDocument.defaultView.visited);
  const visited = seen.slice(0, usable);
  for (const { place, visible, html } of visited as { place: string; visible: boolean; html: string }[]) {
    order.push(place);
    if (!visible) faults.push(`${what}: the focus is not seen on ${html}`);
  }
  const wanted = Array.from({ length: usable }, (_, index) => String(index));
  if (order.join() !== wanted.join()) faults.push(`${what}: Tab goes ${order.join()} of ${usable}`);
}
