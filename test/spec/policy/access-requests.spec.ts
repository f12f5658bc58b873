import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Decision, Policies, type PolicyChange } from '../../../src/database/repositories/policies.repository.js';
import { AllOrganizations } from '../../../src/database/repositories/all-organizations.repository.js';
import { AccessRequests } from '../../../src/database/repositories/access-requests.repository.js';
import { UserStanding } from '../../../src/database/repositories/user-standing.repository.js';
import { ToolPolicy } from '../../../src/policy/tool-policy.service.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';

const ASK: Decision = { verdict: 'ask', ceiling: null, expiresAt: null };
const ALLOW: Decision = { ...ASK, verdict: 'allow' };

let server: TestServer;
let mailbox: Mailbox;
let owner: Person;
let member: Person;
let client: OAuthClient;
let serial = 0;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off', ...mailbox.variables } });
});
afterAll(async () => {
  await server?.close();
  await mailbox?.close();
});
beforeEach(async () => {
  owner = await addPerson(server.app, `owner${++serial}@example.com`, { organization: `Acme ${serial}` });
  member = await join('member');
  client = await OAuthClient.register(server.origin);
  await decide({ tool: '*', people: 'everybody', becomes: ASK });
});

const join = (role: 'owner' | 'admin' | 'member') =>
  addPerson(server.app, `${role}${++serial}@example.com`, { into: owner.organizationId, role });
const logIn = async ({ email, password }: Person) => {
  const own = new HttpBrowser();
  await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
  return own;
};
const decide = async (change: PolicyChange) => {
  const { organizationId, id: by } = owner;
  const { version } = await server.app.get(Policies, { strict: false }).read(organizationId);
  return server.app.get(ToolPolicy, { strict: false }).save({ organizationId, change, version, by });
};
const ask = async (own = client, person = member) => {
  const { browser, page } = await own.toApproval(person);
  return { browser, page: await browser.submit(page, 'Ask for it', { reason: 'To see the projects' }) };
};
const address = (id = owner.organizationId) => `${server.origin}/console/organizations/${id}/policy`;
const requests = () =>
  server.query<{ id: string; answer: string | null }>(
    'SELECT id, answer FROM access_requests WHERE organization_id = $1',
    [owner.organizationId],
  );
const answering = async (own: HttpBrowser) => own.get(`${address()}/requests/${(await requests())[0]!.id}`);
const csrfOf = (page: WebPage) => page.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'csrf')!.value;

describe('a tool that must be asked for', () => {
  it('the person says why, an administrator gets a mail and approves, the waiting page leads on, the tool works', async () => {
    const { browser, page } = await ask();
    expect(textOf(page.html)).toContain('Waiting for Acme');
    expect(page.html).toContain('<noscript><p>Your browser runs no script here');
    const { mail, link } = await mailbox.next(owner.email);
    expect(mail.subject).toContain(member.email);
    const admin = await logIn(owner);
    expect(textOf((await admin.get(address())).html)).toContain('AI clients (1)');
    const queue = await admin.get(`${address()}/requests`);
    expect(textOf(queue.html)).toContain('To see the projects');
    const request = await admin.get(link);
    expect(textOf(request.html)).toContain('no rule can name it');
    const done = await admin.submit(request, 'Approve', { scope: 'projects:read' });
    expect(textOf(done.html)).toContain('Nobody is waiting for an answer');
    const approval = await browser.get(page.url);
    const { leftTo } = await browser.submit(approval, 'Approve');
    const { json } = await client.exchange(new URL(leftTo!).searchParams.get('code')!);
    expect(json['scope']).toBe('projects:read');
    expect((await callMcp(server.origin, json['access_token'] as string)).status).toBe(200);
    const rules = await server.query('SELECT tool, people, verdict FROM policy_rules WHERE people LIKE $1', [
      `person:${member.id}`,
    ]);
    expect(rules).toEqual([{ tool: 'self-asserted', people: `person:${member.id}`, verdict: 'allow' }]);
    // For this person alone.
    expect(textOf((await client.again().toApproval(await join('member'))).page.html)).toContain('decides about tools');
  });

  it('ticks what the tool asked for, with what that contains, and keeps a reason of several lines as one', async () => {
    const { browser, page } = await client.toApproval(member, { parameters: { scope: 'projects:read' } });
    await browser.submit(page, 'Ask for it', { reason: 'To see\r\nthe projects' });
    const admin = await logIn(owner);
    const request = await answering(admin);
    expect(textOf(request.html)).toContain('To see the projects');
    const ticked = request.forms
      .flatMap(({ fields }) => fields)
      .filter(({ name, checked }) => name === 'scope' && checked)
      .map(({ value }) => value);
    expect(ticked).toEqual(['projects:read']);
  });

  it('refused: the page says so and leads back to the tool; it is asked again only after a day', async () => {
    const { browser, page } = await ask();
    const admin = await logIn(owner);
    await admin.submit(await answering(admin), 'Refuse');
    const refused = await browser.get(page.url);
    expect([refused.status, textOf(refused.html)]).toEqual([403, expect.stringContaining('refused Test Tool')]);
    expect(refused.html).toContain('access_denied');
    server.clock.advance(86_401);
    const again = await client.again().toApproval(member);
    expect(textOf(again.page.html)).toContain('Ask for it');
  });

  it('ends connections that are not allowed, as a denial does', async () => {
    await decide({ tool: '*', people: 'everybody', becomes: undefined });
    const { access_token } = await client.connect(member);
    expect(await decide({ tool: '*', people: 'everybody', becomes: ASK })).toBe(1);
    expect((await callMcp(server.origin, access_token)).status).toBe(401);
  });

  it('waits no longer than the tool does, and says that the answer will be there', async () => {
    const { browser, page } = await ask();
    server.clock.advance(3_601);
    const over = await browser.get(page.url);
    expect([over.status, new URL(over.url).pathname]).toEqual([400, '/mcp/oauth/authorize/waited']);
    expect(textOf(over.html)).toContain('the answer will be there');
  });

  it('whoever decides need not ask', async () => {
    const { browser, page } = await client.toApproval(owner);
    expect(textOf(page.html)).toContain('you need not ask');
    const body = new URLSearchParams({ csrf: csrfOf(page), reason: 'I want to' });
    await browser.post(page.url, body);
    expect(await requests()).toEqual([]);
  });
});

describe('a request that can be answered no more', () => {
  const DAYS = 86_400;

  it('after thirty days, as its page says: it leaves the queue, and the person can ask anew', async () => {
    const { page } = await ask();
    const [asked] = await server.query<{ asked_at: Date }>('SELECT asked_at FROM access_requests WHERE user_id = $1', [
      member.id,
    ]);
    const over = new Date(asked!.asked_at.getTime() + 30 * DAYS * 1000).toISOString();
    expect(page.html).toContain(`datetime="${over}"`);
    const admin = await logIn(owner);
    const request = await answering(admin);
    expect(request.html).toContain(`datetime="${over}"`);
    expect(textOf((await admin.get(`${address()}/requests`)).html)).toContain('nobody answers within 30 days');
    server.clock.advance(30 * DAYS);
    const late = await logIn(owner);
    expect(textOf((await late.get(`${address()}/requests`)).html)).toContain('Nobody is waiting for an answer');
    const csrf = csrfOf(await late.get(`${server.origin}/console`));
    for (const act of ['approve', 'refuse']) {
      const body = new URLSearchParams({ csrf, people: 'person', version: '1', scope: 'projects:read' });
      expect((await late.post(`${request.url}/${act}`, body)).url).toContain('done=access-answered');
    }
    expect((await requests())[0]!.answer).toBeNull();
    client = await OAuthClient.register(server.origin);
    expect(textOf((await ask()).page.html)).toContain('Waiting for Acme');
    expect(textOf((await late.get(`${address()}/requests`)).html)).not.toContain('Nobody waits');
  });

  it('answered just before that is not asked anew within the day', async () => {
    await ask();
    server.clock.advance(30 * DAYS - 60);
    const admin = await logIn(owner);
    await admin.submit(await answering(admin), 'Refuse');
    server.clock.advance(120);
    const { requests: repository, at } = {
      requests: server.app.get(AccessRequests, { strict: false }),
      at: server.clock.now(),
    };
    const row = (await repository.find((await requests())[0]!.id, owner.organizationId))!;
    const limits = { open: 5, aDay: 10, dayAgo: new Date(at.getTime() - DAYS * 1000) };
    expect(await repository.ask({ ...row, askedAt: at }, limits)).toBeUndefined();
    expect((await requests())[0]!.answer).toBe('refused');
  });

  it('goes with the account that is deleted, and with the place that is taken away; rests while the account is disabled', async () => {
    await ask();
    const admin = await logIn(owner);
    const queue = async () => textOf((await admin.get(`${address()}/requests`)).html);
    const standing = server.app.get(UserStanding, { strict: false });
    expect(await queue()).toContain(member.email);
    await standing.disable(member.id, server.clock.now());
    expect(await queue()).toContain('Nobody is waiting for an answer');
    expect((await answering(admin)).url).toContain('done=access-answered');
    await standing.enable(member.id, server.clock.now(), owner.id);
    expect(await queue()).toContain(member.email);
    await standing.erase(member.id, server.clock.now());
    expect([await requests(), await queue()]).toEqual([[], expect.stringContaining('Nobody is waiting for an answer')]);
    expect((await admin.get(address())).html).not.toContain('AI clients (');

    member = await join('member');
    client = await OAuthClient.register(server.origin);
    await ask();
    const removal = await admin.get(`${address().replace('policy', 'members')}/${member.id}/remove`);
    await admin.submit(removal, 'Remove', { confirm: member.email });
    expect([await requests(), await queue()]).toEqual([[], expect.stringContaining('Nobody is waiting for an answer')]);
  });

  it('waits while its organization is suspended, and is there when that resumes', async () => {
    const { browser, page } = await ask();
    const admin = await logIn(owner);
    const request = await answering(admin);
    const organizations = server.app.get(AllOrganizations, { strict: false });
    await organizations.suspend(owner.organizationId, owner.id, server.clock.now());
    expect((await admin.submit(request, 'Approve', { scope: 'projects:read' })).status).toBe(403);
    expect((await browser.get(page.url)).status).toBe(403);
    expect(await requests()).toEqual([{ id: expect.any(String), answer: null }]);
    await organizations.resume(owner.organizationId, owner.id, server.clock.now());
    await admin.submit(request, 'Approve', { scope: 'projects:read' });
    expect((await requests())[0]!.answer).toBe('approved');
  });
});

describe('what must not work', () => {
  it('the waiting link in another browser, or with another person', async () => {
    const { browser, page } = await ask();
    expect((await new HttpBrowser().get(page.url)).status).toBe(400);
    expect((await (await logIn(owner)).get(page.url)).status).toBe(400);
    const { email, password } = await join('member');
    browser.cookies.delete('bkend-session');
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', { email, password });
    expect((await browser.get(page.url)).status).toBe(400);
  });

  it('members, and administrators of another organization, answering: 404, and nothing is answered', async () => {
    await ask();
    const [{ id }] = (await requests()) as unknown as [{ id: string }];
    const other = await addPerson(server.app, `other${++serial}@example.com`, { organization: 'Other' });
    for (const [person, organizationId] of [
      [member, owner.organizationId],
      [other, owner.organizationId],
      [other, other.organizationId],
    ] as const) {
      const own = await logIn(person);
      const csrf = csrfOf(await own.get(`${server.origin}/console`));
      const at = `${address(organizationId)}/requests/${id}`;
      expect((await own.get(at)).status).toBe(404);
      for (const act of ['approve', 'refuse']) {
        const body = new URLSearchParams({ csrf, people: 'person', version: '1', scope: 'projects:read' });
        expect((await own.post(`${at}/${act}`, body)).status).toBe(404);
      }
    }
    expect((await requests())[0]!.answer).toBeNull();
  });

  it('B5 fields that name somebody or something else change nothing but the reason', async () => {
    const victim = await join('member');
    const { browser, page } = await client.toApproval(member);
    await browser.submit(page, 'Ask for it', {
      reason: 'Why',
      user_id: victim.id,
      organization: 'x',
      client_id: 'https://evil.example/c.json',
      verdict: 'allow',
    });
    expect(
      await server.query('SELECT user_id, client_id, reason FROM access_requests WHERE organization_id = $1', [
        owner.organizationId,
      ]),
    ).toEqual([{ user_id: member.id, client_id: client.registered.client_id, reason: 'Why' }]);
  });

  it.each(['', '   ', 'x'.repeat(501), 'a\u202eb', 'a\u0000b'])('B5 the reason %j', async (reason) => {
    const { browser, page } = await client.toApproval(member);
    expect((await browser.submit(page, 'Ask for it', { reason })).status).toBe(400);
    expect(await requests()).toEqual([]);
  });

  it('a flood by one person: five open requests, and no more mails than that', async () => {
    for (let n = 0; n < 5; n++) await ask(await OAuthClient.register(server.origin));
    const { page } = await ask(await OAuthClient.register(server.origin));
    expect(page.status).toBe(429);
    expect((await requests()).length).toBe(5);
    for (let n = 0; n < 5; n++) await mailbox.next(owner.email);
    await expect(mailbox.next(owner.email)).rejects.toThrow('no mail');
  }, 30_000);

  it('an answer under rules that were changed since', async () => {
    await ask();
    const admin = await logIn(owner);
    const page = await answering(admin);
    await decide({ tool: '*', people: 'owner', becomes: ALLOW });
    const stale = await admin.submit(page, 'Approve', { scope: 'projects:read' });
    expect([stale.status, textOf(stale.html)]).toEqual([400, expect.stringContaining('changed the rules meanwhile')]);
    expect((await requests())[0]!.answer).toBeNull();
  });

  it('two administrators at once at the row lock: one answer, one rule', async () => {
    await ask();
    const other = await join('admin');
    const pages: [HttpBrowser, WebPage][] = [];
    for (const own of [await logIn(owner), await logIn(other)]) pages.push([own, await answering(own)]);
    const [{ id }] = (await requests()) as unknown as [{ id: string }];
    const witness = Witness.of(server.config.databaseUrl);
    await witness.releaseTogether('SELECT 1 FROM access_requests WHERE id = $1 FOR UPDATE', [id], 2, () =>
      Promise.all([
        pages[0]![0].submit(pages[0]![1], 'Approve', { scope: 'projects:read' }),
        pages[1]![0].submit(pages[1]![1], 'Refuse'),
      ]),
    );
    const log = await server.query<{ action: string }>(
      "SELECT action FROM audit_events WHERE action IN ('access.approved', 'access.refused') AND detail->>'request' = $1",
      [id],
    );
    expect(log.length).toBe(1);
    const rules = await server.query('SELECT 1 FROM policy_rules WHERE person_id = $1', [member.id]);
    expect({ answer: log[0]!.action, rules: rules.length }).toEqual(
      log[0]!.action === 'access.approved'
        ? { answer: 'access.approved', rules: 1 }
        : { answer: 'access.refused', rules: 0 },
    );
  });
});

describe('undo', () => {
  it('brings back what was before, and refuses when somebody changed something since', async () => {
    const admin = await logIn(owner);
    const page = await admin.get(address());
    const undone = await admin.submit(page, 'Undo the last change');
    expect(textOf(undone.html)).toContain('Nothing is decided yet');
    const stale = await admin.submit(page, 'Undo the last change');
    expect(stale.status).toBe(400);
  });

  it('that would end a connection is rehearsed first', async () => {
    await decide({ tool: '*', people: 'everybody', becomes: undefined });
    await client.connect(member);
    const admin = await logIn(owner);
    const rehearsal = await admin.submit(await admin.get(address()), 'Undo the last change');
    expect(textOf(rehearsal.html)).toContain('1 connection ends');
    expect(textOf(rehearsal.html)).toContain('0 would have been allowed, 1 asked about, 0 denied');
  });
});
