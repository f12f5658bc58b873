import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { addPerson } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  server = await startServer({ database: 'embedded' });
  browser = await launchBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it('on a narrow screen the pages of the console are behind a word, without script and by keyboard', async () => {
  const person = await addPerson(server.app, 'ann@example.com');
  const context = await browser.newContext({ viewport: { width: 320, height: 640 }, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.origin}/console`);
  await logIn(page, person);
  const projects = page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Projects' });
  expect(await projects.count()).toBe(0);
  await page.getByText('Menu', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await projects.click();
  expect(page.url()).toBe(`${server.origin}/console/projects`);
  expect(await projects.count()).toBe(0);
  await page.setViewportSize({ width: 1280, height: 860 });
  expect(await projects.getAttribute('aria-current')).toBe('page');
  expect(await page.getByText('Menu', { exact: true }).isVisible()).toBe(false);
  await context.close();
}, 60_000);
