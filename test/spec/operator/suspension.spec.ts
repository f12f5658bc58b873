import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AllOrganizations } from '../../../src/database/repositories/all-organizations.repository.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';

describe.each(BOTH_DATABASES)('organizations, as operators govern them, on %s', (database) => {
  let server: TestServer;
  let operator: Person;
  let ann: Person;
  let browser: HttpBrowser;
  let own: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    operator = await addPerson(server.app, 'operator@example.com', { organization: 'Home' });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    await server.query('UPDATE users SET operator = true WHERE id = $1', [operator.id]);
    [browser, own] = [await logIn(operator), await logIn(ann)];
  });
  afterAll(() => server?.close());

  const logIn = async ({ email, password }: Person) => {
    const one = new HttpBrowser();
    await one.submit(await one.get(`${server.origin}/console/login`), 'Log in', { email, password });
    return one;
  };
  const base = () => `${server.origin}/console/operator/organizations`;
  const here = () => `${base()}/${ann.organizationId}`;
  const suspend = async (typed = 'Acme') =>
    browser.submit(await browser.get(`${here()}/suspend`), 'Suspend', { confirm: typed });
  const audited = (action: string) =>
    server.query('SELECT user_id, organization_id FROM audit_events WHERE action = $1 ORDER BY id DESC LIMIT 1', [
      action,
    ]);

  it('are found by name; one shows its members; it is renamed', async () => {
    const names = async (query: string) => textOf((await browser.get(base() + query)).html);
    expect(await names('?q=ACM')).toContain('Acme');
    expect(await names('?suspended=on')).toContain('No organizations match.');
    for (const odd of ['?q=%25', "?q='--", '?after=%00', '?q=a&q=b'])
      expect([odd, (await browser.get(base() + odd)).status]).toEqual([odd, 200]);
    const page = await browser.get(here());
    expect(textOf(page.html)).toContain('ann@example.com owner');
    expect((await browser.submit(page, 'Rename', { name: ' ' })).status).toBe(400);
    expect(textOf((await browser.submit(page, 'Rename', { name: 'Acme Two' })).html)).toContain('Acme Two');
    expect(await audited('organization.renamed')).toEqual([
      { user_id: operator.id, organization_id: ann.organizationId },
    ]);
    await browser.submit(page, 'Rename', { name: 'Acme' });
  });

  it('O6 suspended: its tools are dead, none can be connected, its pages rest; resumed, what ended stays ended', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(ann);
    const waiting = client.again();
    const code = await waiting.code(ann);
    const open = await client.again().toApproval(ann);
    const elsewhere = await client.again().connect(operator);

    expect((await suspend('Home')).status).toBe(400);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect(textOf((await suspend()).html)).toMatch(
      /2 connections have ended. No server accepts their tokens after \d\d:\d\d:\d\d UTC/,
    );
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(401);
    for (const refused of [await client.refresh(tokens.refresh_token), await waiting.exchange(code)]) {
      expectError(refused, 'invalid_grant');
      const support = /support code ([A-Z2-9]{10})/.exec(refused.json['error_description'] as string)![1]!;
      expect(watch.logged.find((line) => line.includes(`[${support}]`))).toContain('organization-stands');
    }
    for (const page of [await open.browser.submit(open.page, 'Approve'), (await client.again().toApproval(ann)).page])
      expect([page.status, page.leftTo, textOf(page.html)]).toEqual([
        403,
        undefined,
        expect.stringContaining('Acme is suspended'),
      ]);
    for (const part of ['members', 'connections', 'policy', 'audit', 'usage', 'attempts']) {
      const page = await own.get(`${server.origin}/console/organizations/${ann.organizationId}/${part}`);
      expect([part, page.status, textOf(page.html).includes('Acme is suspended')]).toEqual([part, 403, true]);
    }
    expect((await callMcp(server.origin, elsewhere.access_token)).status).toBe(200);
    expect(await audited('organization.suspended')).toEqual([
      { user_id: operator.id, organization_id: ann.organizationId },
    ]);
    expect((await browser.get(`${here()}/suspend`)).status).toBe(404);

    await browser.submit(await browser.get(here()), 'Resume');
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    const again = await client.again().connect(ann);
    expect((await callMcp(server.origin, again.access_token)).status).toBe(200);
  });

  it('O6 what was left alive by mistake gets nothing either', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(ann);
    const waiting = client.again();
    const code = await waiting.code(ann);
    await server.query('UPDATE organizations SET suspended_at = now() WHERE id = $1', [ann.organizationId]);
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    expectError(await waiting.exchange(code), 'invalid_grant');
    await server.query('UPDATE organizations SET suspended_at = NULL WHERE id = $1', [ann.organizationId]);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });
});

describe('O6 an organization that is suspended while somebody approves', () => {
  it.each(['approval first', 'suspension first'])('takes that connection along: %s', async (order) => {
    const server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
    try {
      const ann = await addPerson(server.app, 'ann@example.com');
      const { browser, page } = await (await OAuthClient.register(server.origin)).toApproval(ann);
      const witness = Witness.of(server.config.databaseUrl);
      const approve = () => browser.submit(page, 'Approve');
      const suspend = () =>
        server.app.get(AllOrganizations, { strict: false }).suspend(ann.organizationId, ann.id, server.clock.now());
      const [first, second] = order === 'approval first' ? [approve, suspend] : [suspend, approve];
      await witness.releaseTogether(
        'SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE',
        [ann.organizationId],
        2,
        async () => {
          const one = first();
          await witness.untilWaiting(1);
          return Promise.all([one, second()]);
        },
      );
      expect(await witness.query('SELECT 1 FROM organizations WHERE suspended_at IS NOT NULL')).toHaveLength(1);
      expect(await witness.query('SELECT id FROM grants WHERE revoked_at IS NULL')).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
