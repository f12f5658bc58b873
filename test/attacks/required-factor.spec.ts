import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RegisteredClients } from '../../src/clients/registered-clients.js';
import { RequiredFactors } from '../../src/database/repositories/required-factors.repository.js';
import { StoredFactors } from '../../src/database/repositories/second-factors.repository.js';
import { HttpBrowser, textOf, type WebPage } from '../support/http-browser.js';
import { OAuthClient } from '../support/oauth-client.js';
import { expectRefusal } from '../support/outcomes.js';
import { addPerson, type Person } from '../support/people.js';
import { Witness } from '../support/row-lock.js';
import { giveEmailAndPassword, setUpApp } from '../support/second-factor.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let witness: Witness;
let owner: Person;
let bob: Person;
let tool: OAuthClient;
let serial = 0;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  witness = Witness.of(server.config.databaseUrl);
  tool = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());
beforeEach(async () => {
  owner = await addPerson(server.app, `ann${serial++}@example.com`, { organization: 'Acme' });
  bob = await addPerson(server.app, `bob${serial++}@example.com`, { into: owner.organizationId, role: 'member' });
});

const requireNow = () =>
  server.app
    .get(RequiredFactors, { strict: false })
    .change({ organizationId: owner.organizationId, required: true, by: owner.id }, server.clock.now());
const logIn = async (person: Person) => {
  const browser = new HttpBrowser();
  await giveEmailAndPassword(server, browser, person);
  return browser;
};
const withApp = async (person: Person) => {
  const browser = await logIn(person);
  return { browser, ...(await setUpApp(server, browser)) };
};
const removeApp = () => server.app.get(StoredFactors, { strict: false }).removeApp(bob.id, server.clock.now());
const grants = () =>
  witness.query<{ revoked_because: string | null }>(
    'SELECT revoked_because FROM grants WHERE organization_id = $1 ORDER BY created_at',
    [owner.organizationId],
  );
const isStepUp = ({ url, leftTo }: WebPage) => leftTo === undefined && new URL(url).pathname === '/console/step-up';

describe('W17 a second factor that an organization requires', () => {
  it('is not skipped by an approval page from before, whatever is sent with it', async () => {
    const { browser, page } = await tool.again().toApproval(bob);
    await requireNow();
    for (const extra of [{}, { proven: 'true', organization: owner.organizationId }, { scope: 'projects:read' }])
      expect(isStepUp(await browser.submit(page, 'Approve', extra))).toBe(true);
    expect(await grants()).toEqual([]);
  });

  it('is not skipped by asking for the tool instead', async () => {
    await server.query(
      "INSERT INTO policy_rules (organization_id, tool, people, verdict) VALUES ($1, '*', 'everybody', 'ask')",
      [owner.organizationId],
    );
    const { browser, page } = await tool.again().toApproval(bob);
    expect(page.url).toContain('/authorize/ask');
    await requireNow();
    expect(isStepUp(await browser.get(page.url))).toBe(true);
    expect(isStepUp(await browser.submit(page, 'Ask for it', { reason: 'To see the projects' }))).toBe(true);
    expect(await server.query('SELECT 1 FROM access_requests WHERE user_id = $1', [bob.id])).toEqual([]);
  });

  it('is not proved by having one: the session must have', async () => {
    const old = await tool.again().toApproval(bob);
    const { browser: proven } = await withApp(bob);
    await requireNow();
    expect(isStepUp(await old.browser.submit(old.page, 'Approve'))).toBe(true);
    expect(await grants()).toEqual([]);
    const { page } = await tool.again().toApproval(bob, { browser: proven });
    expect((await proven.submit(page, 'Approve')).leftTo).toContain('code=');
  });

  it('is not proved by the session of somebody else', async () => {
    const { browser: proven } = await withApp(owner);
    const { browser, page } = await tool.again().toApproval(bob);
    await requireNow();
    browser.cookies.set('bkend-session', proven.cookies.get('bkend-session')!);
    expect((await browser.submit(page, 'Approve')).leftTo).toBeUndefined();
    expect(await grants()).toEqual([]);
  });

  it('O1 O2 is not gone around by way of an organization that does not require one', async () => {
    const home = await addPerson(server.app, `home${serial++}@example.com`, { organization: 'Home' });
    await server.query("INSERT INTO memberships VALUES ($1, $2, 'member', now())", [bob.id, home.organizationId]);
    await requireNow();
    const { browser, page } = await tool.again().toApproval({ ...bob, organizationId: home.organizationId });
    const answer = await browser.submit(page, 'Approve', { organization: owner.organizationId });
    expect(answer.leftTo).toContain('code=');
    expect(await grants()).toEqual([]);
    const choice = await browser.get(tool.again().authorizeUrl());
    expect(isStepUp(await browser.submit(choice, 'Continue', { organization: owner.organizationId }))).toBe(true);
    expect(await grants()).toEqual([]);
  });

  it('B2 is asked also where nobody is asked otherwise: a trusted tool that was approved before, and prompt=none', async () => {
    const redirectUris = ['https://app.example/cb'];
    const { clientId } = await server.app
      .get(RegisteredClients, { strict: false })
      .register({ name: `Desk ${serial}`, redirectUris, authMethod: 'none', trusted: true });
    const trusted = new OAuthClient(server.origin, { client_id: clientId, redirect_uris: redirectUris });
    const choose = async (browser: HttpBrowser) =>
      browser.submit(await browser.get(trusted.again().authorizeUrl()), 'Continue', {
        organization: owner.organizationId,
      });
    const old = await logIn(bob);
    expect((await choose(old)).leftTo).toContain('code=');
    const { browser: proven } = await withApp(bob);
    await requireNow();
    expect(isStepUp(await choose(old))).toBe(true);
    const none = await old.get(tool.again().authorizeUrl({ prompt: 'none' }));
    expectRefusal(none, 'consent_required');
    expect(await grants()).toHaveLength(1);
    expect((await choose(proven)).leftTo).toContain('code=');
  });

  it('O8 tells a stranger nothing: neither name nor requirement', async () => {
    await requireNow();
    const stranger = await logIn(await addPerson(server.app, `eve${serial++}@example.com`, { organization: 'Else' }));
    const page = await stranger.get(`${server.origin}/console/step-up?organization=${owner.organizationId}`);
    expect([page.status, textOf(page.html).includes('Acme')]).toEqual([200, false]);
    expect((await stranger.get(`${server.origin}/console/organizations/${owner.organizationId}/members`)).status).toBe(
      404,
    );
  });
});

describe('O4 no connection without a second factor is left', () => {
  const ORGANIZATION = 'SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE';
  /** Both stand at the lock, in this order, before one of them goes on. */
  const race = async <A, B>(lock: string, id: string, first: () => Promise<A>, second: () => Promise<B>) =>
    witness.releaseTogether(lock, [id], 2, async () => {
      const one = first();
      await witness.untilWaiting(1);
      return Promise.all([one, second()]);
    });

  it('when it is required while somebody approves: the approval first', async () => {
    const { browser, page } = await tool.again().toApproval(bob);
    const approve = () => browser.submit(page, 'Approve');
    const [answer] = await race(ORGANIZATION, owner.organizationId, approve, requireNow);
    expect(answer.leftTo).toContain('code=');
    expect(await grants()).toEqual([{ revoked_because: 'second_factor_missing' }]);
  });

  it('when it is required while somebody approves: the requirement first; they are told', async () => {
    const { browser, page } = await tool.again().toApproval(bob);
    const [, answer] = await race(ORGANIZATION, owner.organizationId, requireNow, () =>
      browser.submit(page, 'Approve'),
    );
    expect(isStepUp(answer)).toBe(true);
    expect(await grants()).toEqual([]);
  });

  it.each(['approval first', 'removal first'])(
    'when the last one is removed while somebody approves: %s',
    async (order) => {
      const { browser: own } = await withApp(bob);
      await requireNow();
      const { page } = await tool.again().toApproval(bob, { browser: own });
      const approve = () => own.submit(page, 'Approve');
      const session = 'SELECT 1 FROM sessions WHERE user_id = $1 FOR UPDATE';
      if (order === 'approval first') {
        const [answer] = await race(session, bob.id, approve, removeApp);
        expect(answer.leftTo).toContain('code=');
        expect(await grants()).toEqual([{ revoked_because: 'second_factor_missing' }]);
      } else {
        const [, answer] = await race(session, bob.id, removeApp, approve);
        expect(isStepUp(answer)).toBe(true);
        expect(await grants()).toEqual([]);
      }
    },
  );

  it.each(['requirement first', 'removal first'])(
    'when the last one is removed while it is required: %s',
    async (order) => {
      const { browser: own } = await withApp(bob);
      await tool.again().connect(bob, { browser: own });
      const [first, second] = order === 'removal first' ? [removeApp, requireNow] : [requireNow, removeApp];
      await race<unknown, unknown>(ORGANIZATION, owner.organizationId, first, second);
      expect(await grants()).toEqual([{ revoked_because: 'second_factor_missing' }]);
    },
  );
});
