import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { Sweeper } from '../../src/upkeep/sweeper.service.js';
import { launchBrowser } from '../support/browser.js';
import { logIn } from '../support/chromium-person.js';
import { eventually } from '../support/eventually.js';
import { Mailbox } from '../support/mailbox.js';
import { OAuthClient } from '../support/oauth-client.js';
import { addPerson, type Person } from '../support/people.js';
import { connectTo, FILES } from '../support/resource-servers.js';
import { setUpApp } from '../support/second-factor.js';
import { startServer, type TestServer } from '../support/server.js';
import { enter } from '../support/walked.js';

let mailbox: Mailbox;
let server: TestServer;
let browser: Browser;
let olive: Person;
let ann: Person;
beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({ database: 'postgres', variables: mailbox.variables });
  olive = await addPerson(server.app, 'olive@example.com', { organization: 'Home' });
  ann = await addPerson(server.app, 'ann@example.com');
  await server.query('UPDATE users SET operator = true WHERE id = $1', [olive.id]);
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await mailbox?.close();
});

/** An operator who is logged in, without script. */
async function asOperator(walk: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.origin}/console/login`);
  await logIn(page, olive);
  await page.getByRole('link', { name: 'Operator' }).click();
  await walk(page);
  await context.close();
}

describe('an operator in Chromium, without script', () => {
  it('sees what is stored, and what the last sweep removed', () =>
    asOperator(async (page) => {
      await server.query(`INSERT INTO denied_requests VALUES (gen_random_uuid(), $1)`, [
        new Date(server.clock.now().getTime() - 86_400_000),
      ]);
      await page.getByRole('link', { name: 'Storage' }).click();
      const row = page.getByRole('listitem').filter({ hasText: 'denied_requests' });
      await row.getByText('Not swept yet.').waitFor();
      await server.app.get(Sweeper, { strict: false }).tick();
      await page.getByRole('link', { name: 'Storage' }).click();
      await row.getByText('1 row then, 1 row in all.').waitFor();
    }));

  it('declares a server, gives it a permission, and removes it with the connection it has', () =>
    asOperator(async (page) => {
      await page.getByRole('link', { name: 'Resources' }).click();
      await page.getByRole('link', { name: 'Declare a server' }).click();
      await page.getByRole('textbox', { name: 'URL of its MCP endpoint' }).fill(FILES);
      await page.getByRole('textbox', { name: 'Name people read' }).fill('Files');
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('files:read');
      await page.getByRole('textbox', { name: 'Sentence' }).fill('See your files');
      await page.getByRole('button', { name: 'Declare' }).click();
      await page.getByText('The secret is shown this once.').waitFor();
      await page.getByRole('link', { name: 'I have saved it' }).click();
      await page.getByRole('link', { name: 'Add a permission' }).click();
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('files:write');
      await page.getByRole('textbox', { name: 'Sentence' }).fill('Change your files');
      await page.getByRole('checkbox', { name: /^It changes or deletes/ }).check();
      await page.getByRole('checkbox', { name: 'files:read' }).check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Contains files:read').waitFor();

      // Every node knows it within a second.
      const tokens = await eventually(async () =>
        connectTo(FILES, await OAuthClient.register(server.origin), ann, { scope: 'files:write' }),
      );
      expect(decodeJwt(tokens.access_token)['scope']).toContain('files:write');
      await page.getByRole('link', { name: 'Remove', exact: true }).click();
      await page.getByText('1 connection ends').waitFor();
      await page.getByRole('textbox', { name: 'Type Files to confirm' }).fill('Files');
      await page.getByRole('button', { name: 'Remove' }).click();
      await page.getByText('There are none.').waitFor();
      const [grant] = await server.query<{ revoked_because: string }>(
        'SELECT revoked_because FROM grants WHERE id = $1',
        [decodeJwt(tokens.access_token)['sid']],
      );
      expect(grant!.revoked_because).toBe('resource_removed');
    }));

  it('reads the settings', () =>
    asOperator(async (page) => {
      await page.getByRole('link', { name: 'Settings' }).click();
      const row = page.getByRole('listitem').filter({ hasText: /^SMTP_URL/ });
      await row.getByText(mailbox.variables['SMTP_URL']!).waitFor();
      await row.getByText('given', { exact: true }).waitFor();
      await page
        .getByRole('listitem')
        .filter({ hasText: /^SECRETS/ })
        .getByText('1 secret, not shown')
        .waitFor();
    }));

  it('sends a test mail, which arrives, and finds it in the list', () =>
    asOperator(async (page) => {
      await page.getByRole('link', { name: 'Mail', exact: true }).click();
      await page.getByRole('button', { name: 'Send a test mail' }).click();
      await page.getByText('The mail server took the test mail.').waitFor();
      expect((await mailbox.next(olive.email)).mail.subject).toBe('A test');
      await page.getByRole('combobox', { name: 'Kind' }).selectOption('Tests');
      await page.getByRole('textbox', { name: 'Address' }).fill('olive');
      await page.getByRole('button', { name: 'Show' }).click();
      await page
        .getByRole('listitem')
        .filter({ hasText: /^A test/ })
        .waitFor();
      expect(page.url()).toContain('kind=test');
    }));

  it('takes the second factor away from somebody who lost it', () =>
    asOperator(async (page) => {
      await setUpApp(server, await enter(server, ann));
      await page.getByRole('link', { name: 'Accounts' }).click();
      await page.getByRole('link', { name: ann.email }).click();
      await page.getByRole('link', { name: 'Reset second factor' }).click();
      await page.getByRole('textbox', { name: `Type ${ann.email} to confirm` }).fill(ann.email);
      await page.getByRole('button', { name: 'Reset second factor' }).click();
      await page.getByText('Their second factor is gone.').waitFor();
      const again = await enter(server, ann);
      expect((await again.get(`${server.origin}/console`)).url).toBe(`${server.origin}/console`);
    }));
});
