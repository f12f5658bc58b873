import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RegisteredClients } from '../../../src/clients/registered-clients.js';
import {
  type Decision,
  type People,
  Policies,
  type PolicyChange,
} from '../../../src/database/repositories/policies.repository.js';
import { ToolPolicy } from '../../../src/policy/tool-policy.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { callMcp, OAuthClient, REDIRECT_URI, type Tokens } from '../../support/oauth-client.js';
import { expectError } from '../../support/outcomes.js';
import { addPerson, type Person } from '../../support/people.js';
import { Witness } from '../../support/row-lock.js';
import { startServer, type TestServer } from '../../support/server.js';
import { watch } from '../../support/watch.js';

/** A client is trusted only where its answer cannot go to any program. */
const HTTPS_REDIRECT_URI = 'https://desk.example/cb';
const READING = ['organization:read', 'projects:read'];
const ALL = [...READING, 'projects:write'];
const DENY: Decision = { verdict: 'deny', ceiling: null, expiresAt: null };
const ALLOW: Decision = { verdict: 'allow', ceiling: null, expiresAt: null };
const READ_ONLY: Decision = { verdict: 'allow', ceiling: READING, expiresAt: null };

describe.each(BOTH_DATABASES)('the policy of an organization on tools, on %s', (database) => {
  let server: TestServer;
  let owner: Person;
  let browser: HttpBrowser;
  let client: OAuthClient;
  let serial = 0;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
  });
  afterAll(() => server?.close());
  beforeEach(async () => {
    owner = await addPerson(server.app, `owner${++serial}@example.com`, { organization: `Acme ${serial}` });
    browser = await logIn(owner);
    client = await OAuthClient.register(server.origin);
  });

  const logIn = async ({ email, password }: Person) => {
    const own = new HttpBrowser();
    await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
    return own;
  };
  const join = (role: 'owner' | 'admin' | 'member') =>
    addPerson(server.app, `${role}${++serial}@example.com`, { into: owner.organizationId, role });
  const address = (id = owner.organizationId) => `${server.origin}/console/organizations/${id}/policy`;
  const save = async (change: PolicyChange, { organizationId, id } = owner) => {
    const { version } = await server.app.get(Policies, { strict: false }).read(organizationId);
    return server.app.get(ToolPolicy, { strict: false }).save({ organizationId, change, version, by: id });
  };
  const decide = (tool: string, people: People, becomes: Decision | undefined, by = owner) =>
    save({ tool, people, becomes }, by);
  /** Through the pages: rehearsed, then saved. `scope`: of several ticks the last, since a form is a map here. */
  const through = async (fields: Record<string, string | undefined>, own = browser) => {
    const rehearsal = await own.submit(await own.get(address()), 'See what it would do', fields);
    return { rehearsal, saved: () => own.submit(rehearsal, 'Save') };
  };
  const works = async ({ access_token }: Tokens) => (await callMcp(server.origin, access_token)).status === 200;
  const isDenied = (page: WebPage) => page.status === 403 && textOf(page.html).includes('does not allow Test Tool');
  const registered = (trusted = false) =>
    server.app
      .get(RegisteredClients, { strict: false })
      .register({ name: 'Test Tool', redirectUris: [HTTPS_REDIRECT_URI], authMethod: 'none', trusted });

  describe('in the flow', () => {
    it('two organizations with opposite policies, one person, one client', async () => {
      const other = await addPerson(server.app, `other${++serial}@example.com`, { organization: 'Opposite' });
      await server.query(
        'INSERT INTO memberships (user_id, organization_id, role, created_at) VALUES ($1, $2, $3, now())',
        [owner.id, other.organizationId, 'member'],
      );
      await decide('self-asserted', 'everybody', DENY);
      await decide('*', 'everybody', DENY, other);
      await decide('self-asserted', 'member', ALLOW, other);
      expect(isDenied((await client.toApproval(owner)).page)).toBe(true);
      expect(await works(await client.again().connect({ ...owner, organizationId: other.organizationId }))).toBe(true);
    });

    it('a denial says who decides, leads to another organization and back to the tool, and is in the log', async () => {
      await decide('*', 'everybody', DENY);
      const { page } = await client.toApproval(owner);
      expect(isDenied(page)).toBe(true);
      expect(textOf(page.html)).toContain(`Ask one of them: ${owner.email}`);
      const links = [...page.html.matchAll(/href="([^"]+)"/g)].map(([, href]) =>
        href!.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='),
      );
      const back = new URL(links.find((href) => href.startsWith(REDIRECT_URI))!).searchParams;
      expect([back.get('error'), back.get('state'), back.get('code')]).toEqual(['access_denied', client.state, null]);
      expect(links.some((href) => href.startsWith('/mcp/oauth/authorize/organization?request='))).toBe(true);
      const code = /Support code ([A-Z2-9]{10})/.exec(textOf(page.html))![1]!;
      expect(watch.logged.find((line) => line.includes(`[${code}]`))).toContain('organization-policy');
    });

    it('a page that was open when the tool was denied approves nothing', async () => {
      const { browser: own, page } = await client.toApproval(owner);
      await decide('*', 'everybody', DENY);
      expect(isDenied(await own.submit(page, 'Approve'))).toBe(true);
      expect(await server.query('SELECT 1 FROM grants WHERE organization_id = $1', [owner.organizationId])).toEqual([]);
    });

    it('a client that is trusted obeys all the same', async () => {
      const { clientId } = await registered(true);
      const trusted = new OAuthClient(server.origin, { client_id: clientId, redirect_uris: [HTTPS_REDIRECT_URI] });
      await decide(clientId, 'everybody', DENY);
      expect(isDenied((await trusted.toApproval(owner)).page)).toBe(true);
      await decide(clientId, 'everybody', READ_ONLY);
      const { page } = await trusted.again().toApproval(owner);
      expect(page.leftTo).toContain('code=');
      const [grant] = await server.query<{ scopes: string[] }>('SELECT scopes FROM grants WHERE organization_id = $1', [
        owner.organizationId,
      ]);
      expect(grant!.scopes.filter((scope) => scope !== 'offline_access')).toEqual(READING);
    });

    it('what is above the ceiling is not offered, said, and not given when a form asks for it', async () => {
      await decide('*', 'everybody', READ_ONLY);
      const { browser: own, page } = await client.toApproval(owner);
      expect(textOf(page.html)).toMatch(/does not allow what else it asked for: Create, rename and delete projects/);
      expect(page.forms.flatMap(({ fields }) => fields).map(({ value }) => value)).not.toContain('projects:write');
      const { leftTo } = await own.submit(page, 'Approve', { scope: 'projects:write' });
      const { json } = await client.exchange(new URL(leftTo!).searchParams.get('code')!);
      expect(json['scope']).toBe(READING.join(' '));
    });

    it('a tool that asks only for what is above the ceiling is denied', async () => {
      await decide('*', 'everybody', { ...ALLOW, ceiling: ['organization:read'] });
      const { page } = await client.toApproval(owner, { parameters: { scope: 'projects:read' } });
      expect(isDenied(page)).toBe(true);
    });
  });

  describe('on connections that live', () => {
    it('a denial ends them at once, theirs alone, and says why', async () => {
      const tokens = await client.connect(owner);
      const pending = client.again();
      const code = await pending.code(owner);
      const elsewhere = await addPerson(server.app, `else${++serial}@example.com`);
      const others = await client.again().connect(elsewhere);
      expect(await decide('*', 'everybody', DENY)).toBe(2);
      expect(await works(tokens)).toBe(false);
      const refused = await client.refresh(tokens.refresh_token);
      expectError(refused, 'invalid_grant');
      const exchanged = await pending.exchange(code);
      expectError(exchanged, 'invalid_grant');
      for (const { json } of [refused, exchanged]) {
        const support = /support code ([A-Z2-9]{10})/.exec(json['error_description'] as string)![1]!;
        expect(watch.logged.find((line) => line.includes(`[${support}]`))).toContain('organization-policy');
      }
      expect(await works(others)).toBe(true);
      expect((await client.refresh(others.refresh_token)).status).toBe(200);
    });

    it('a lower ceiling counts from the next renewal, and no longer when it is over', async () => {
      const tokens = await client.connect(owner);
      expect(tokens.scope).toBe(ALL.join(' '));
      const expiresAt = new Date(server.clock.now().getTime() + 60_000);
      expect(await decide('*', 'everybody', { ...READ_ONLY, expiresAt })).toBe(0);
      const lowered = await client.refresh(tokens.refresh_token);
      expect(lowered.json['scope']).toBe(READING.join(' '));
      server.clock.advance(61);
      const free = await client.refresh(lowered.json['refresh_token'] as string);
      expect(free.json['scope']).toBe(ALL.join(' '));
    });

    it('a change of role or the end of a rule counts from the next renewal, and for codes', async () => {
      const member = await join('member');
      const tokens = await client.connect(member);
      const waiting = client.again();
      const code = await waiting.code(member);
      await decide('*', 'admin', DENY);
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
      await server.query("UPDATE memberships SET role = 'admin' WHERE user_id = $1", [member.id]);
      expectError(await waiting.exchange(code), 'invalid_grant');
      expectError(await client.again().refresh(tokens.refresh_token), 'invalid_grant');
    });
  });

  describe('the rule that counts', () => {
    const TOOLS = ['exact', 'self-asserted', '*'] as const;
    const WHOM = ['person', 'owner', 'everybody'] as const;
    /**
     * Every set of rules there can be about one person and one tool: of each kind none, an allowing, an asking, a
     * denying, and one that is over.
     */
    const ANSWERS = ['none', 'allow', 'ask', 'deny', 'over'] as const;

    it.each(['registered', 'self-asserted'] as const)(
      'is the most precise, for a tool that is %s',
      async (identity) => {
        const { clientId: exact } = await registered();
        const policies = server.app.get(Policies, { strict: false });
        const now = server.clock.now();
        const past = new Date(now.getTime() - 1);
        const kinds = TOOLS.flatMap((tool) => WHOM.map((people) => ({ tool, people })));
        let state = serial * 7919;
        for (let round = 0; round < 60; round++) {
          const rules = kinds.map((kind) => ({
            ...kind,
            answer: ANSWERS[((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % 997) % ANSWERS.length]!,
          }));
          await server.query('DELETE FROM policy_rules WHERE organization_id = $1', [owner.organizationId]);
          for (const { tool, people, answer } of rules)
            if (answer !== 'none')
              await server.query(
                'INSERT INTO policy_rules (organization_id, tool, people, verdict, expires_at) VALUES ($1, $2, $3, $4, $5)',
                [
                  owner.organizationId,
                  tool === 'exact' ? exact : tool,
                  people === 'person' ? `person:${owner.id}` : people,
                  answer === 'over' ? 'deny' : answer,
                  answer === 'over' ? past : null,
                ],
              );
          // The model: in this order, the first that says something.
          const counting = rules
            .filter(({ tool }) => tool !== 'self-asserted' || identity === 'self-asserted')
            .find(({ answer }) => answer !== 'none' && answer !== 'over');
          const place = { userId: owner.id, organizationId: owner.organizationId };
          const { verdict } = await policies.rulingOf(place, { clientId: exact, identity }, now);
          expect({ rules, verdict }).toEqual({ rules, verdict: counting?.answer ?? 'allow' });
        }
      },
    );
  });

  describe('a rehearsal', () => {
    const CASES: [string, PolicyChange][] = [
      ['everything denied', { tool: '*', people: 'everybody', becomes: DENY }],
      ['denied to members', { tool: '*', people: 'member', becomes: DENY }],
      ['only their own word: reading', { tool: 'self-asserted', people: 'everybody', becomes: READ_ONLY }],
      ['reading for owners', { tool: '*', people: 'owner', becomes: READ_ONLY }],
      ['a rule that is over already', { tool: '*', people: 'everybody', becomes: { ...DENY, expiresAt: new Date(0) } }],
      ['a ceiling taken away', { tool: '*', people: 'admin', becomes: undefined }],
    ];

    it.each(CASES)('foretells what happens then: %s', async (_, change) => {
      await decide('*', 'admin', READ_ONLY);
      const people = [owner, await join('admin'), await join('member')];
      const held: { clients: OAuthClient; tokens: Tokens; email: string }[] = [];
      for (const person of people) {
        const own = client.again();
        held.push({ clients: own, tokens: await own.connect(person), email: person.email });
      }
      // As if each had been approved before there was a rule: taking the ceiling away widens what the admin has.
      await server.query('UPDATE grants SET scopes = $2 WHERE organization_id = $1', [owner.organizationId, ALL]);
      const policy = server.app.get(ToolPolicy, { strict: false });
      const { version } = await server.app.get(Policies, { strict: false }).read(owner.organizationId);
      const before = await state();
      const rehearsal = (await policy.rehearse(owner.organizationId, change, version, { size: 10 }))!;
      expect(await state()).toEqual(before);
      const organizationId = owner.organizationId;
      const ended = await policy.save({ organizationId, change, version, by: owner.id });
      expect(ended).toBe(rehearsal.ended.count);
      expect(rehearsal.ended.count + rehearsal.changed.count + rehearsal.untouched).toBe(people.length);
      for (const { clients, tokens, email } of held) {
        const { status, json } = await clients.refresh(tokens.refresh_token);
        const ends = rehearsal.ended.named.some((one) => one.email === email);
        expect({ email, ends: status !== 200 }).toEqual({ email, ends });
        expect(await works(tokens)).toBe(!ends);
        if (ends) continue;
        const touched = rehearsal.changed.named.find((one) => one.email === email);
        const role = email.replace(/\d.*/, '');
        const asBefore = role === 'owner' ? ALL : READING;
        expect({ email, scope: json['scope'] }).toEqual({ email, scope: (touched?.after ?? asBefore).join(' ') });
      }
    });

    it('foretells each connection by name, whatever rules there are about tools and people', async () => {
      const { organizationId } = owner;
      const { clientId: exact } = await registered();
      const people = [owner, await join('admin'), await join('member'), await join('member')];
      await client.connect(owner);
      const tools = await server.query<{ id: string; client_id: string; identity: 'registered' | 'self-asserted' }>(
        'SELECT id, client_id, identity FROM clients WHERE client_id IN ($1, $2)',
        [exact, client.registered.client_id],
      );
      await server.query('DELETE FROM grants WHERE organization_id = $1', [organizationId]);
      for (const person of people)
        for (const tool of tools)
          await server.query(
            `INSERT INTO grants (request_id, user_id, organization_id, client_id, resource, scopes, renewable, created_at, code_hash,
                                 code_challenge, redirect_uri, code_expires_at, code_used_at, expires_at)
             VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, true, $6, sha256(gen_random_uuid()::text::bytea), 'c', 'http://127.0.0.1/cb', $6, $6,
                     $6::timestamptz + interval '1 day')`,
            [person.id, organizationId, tool.id, `${server.origin}/mcp`, ALL, server.clock.now()],
          );
      expect(tools.length).toBe(2);
      const [policies, policy] = [Policies, ToolPolicy].map((one) =>
        server.app.get(one as never, { strict: false }),
      ) as [Policies, ToolPolicy];
      const roles: Record<string, string[]> = { owner: ALL, admin: ALL, member: READING };
      /** What each can do under the rules of now, by the rule that decides at each renewal; `undefined`: it may not. */
      const standing = async () => {
        const can = new Map<string, string | undefined>();
        for (const { id, email } of people)
          for (const { client_id: clientId, identity } of tools) {
            const ruling = await policies.rulingOf(
              { userId: id, organizationId },
              { clientId, identity },
              server.clock.now(),
            );
            const scopes = roles[email.replace(/\d.*/, '')]!.filter(
              (scope) => !ruling.ceiling || ruling.ceiling.includes(scope),
            );
            can.set(`${email} ${identity}`, ruling.verdict === 'allow' ? scopes.join(' ') : undefined);
          }
        return can;
      };
      const byId = async () =>
        new Map(
          (
            await server.query<{ id: string; name: string; live: boolean }>(
              `SELECT g.id, u.email || ' ' || c.identity AS name, g.revoked_at IS NULL AS live
                 FROM grants g JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id WHERE g.organization_id = $1`,
              [organizationId],
            )
          ).map((row) => [row.id, row] as const),
        );
      let seed = 4_711;
      const oneOf = <T>(list: readonly T[]): T =>
        list[((seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) >> 8) % list.length]!;
      const anyChange = (): PolicyChange => ({
        tool: oneOf([exact, 'self-asserted', '*']),
        people: oneOf<People>(['everybody', 'member', 'admin', ...people.map(({ id }) => `person:${id}` as const)]),
        becomes: oneOf([
          ALLOW,
          READ_ONLY,
          READ_ONLY,
          DENY,
          { ...DENY, verdict: 'ask' },
          { ...DENY, expiresAt: new Date(0) },
          undefined,
        ]),
      });
      let touched = 0;
      for (let round = 0; round < 40; round++) {
        const change = anyChange();
        const before = await standing();
        const { version } = await policies.read(organizationId);
        const foretold = (await policy.rehearse(organizationId, change, version, { size: 20 }))!;
        await policy.save({ organizationId, change, version, by: owner.id });
        const [after, grants] = [await standing(), await byId()];
        const names = (part: (typeof foretold)['ended']) => part.named.map(({ id }) => grants.get(id)!.name).toSorted();
        const ended = [...grants.values()].filter(({ live }) => !live).map(({ name }) => name);
        const changed = [...after].filter(([name, can]) => can !== undefined && can !== (before.get(name) ?? ''));
        expect({ round, change, ended: names(foretold.ended) }).toEqual({ round, change, ended: ended.toSorted() });
        expect({ round, change, changed: names(foretold.changed) }).toEqual({
          round,
          change,
          changed: changed.map(([name]) => name).toSorted(),
        });
        for (const { id, after: can } of foretold.changed.named)
          expect(can.join(' ')).toBe(after.get(grants.get(id)!.name));
        expect([foretold.ended.count, foretold.changed.count, foretold.untouched]).toEqual([
          ended.length,
          changed.length,
          grants.size - ended.length - changed.length,
        ]);
        touched += ended.length + changed.length;
        // They live again, so that the next change finds those that its rules would not have let be made.
        await server.query('UPDATE grants SET revoked_at = NULL WHERE organization_id = $1', [organizationId]);
      }
      expect(touched).toBeGreaterThan(60);
    });

    const state = () =>
      Promise.all(
        ['grants', 'policy_rules', 'audit_events', 'organizations'].map((table) =>
          server.query(`SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS digest FROM ${table} t`),
        ),
      );
  });

  describe('in the console', () => {
    it('shows what ends before it is saved, and then ends it; the log says so', async () => {
      const tokens = await client.connect(owner);
      expect(textOf((await browser.get(address())).html)).toContain('Nothing is decided yet');
      const { rehearsal, saved } = await through({ tool: 'self-asserted', people: 'everybody', verdict: 'deny' });
      expect(textOf(rehearsal.html)).toContain(`1 connection ends`);
      expect(textOf(rehearsal.html)).toContain(`Test Tool unverified name · ${owner.email}`);
      expect(await works(tokens)).toBe(true);
      const page = await saved();
      expect(textOf(page.html)).toContain('denied for everybody');
      expect(await works(tokens)).toBe(false);
      const log = await browser.get(address().replace('/policy', '/audit'));
      expect(textOf(log.html)).toContain('decided about a tool');
      expect(textOf(log.html)).toContain('no rule → Deny');
      const removal = await browser.submit(page, 'Remove Tools whose name is only their own word');
      expect(textOf(removal.html)).toContain('No connection ends');
      expect(textOf((await browser.submit(removal, 'Save')).html)).toContain('Nothing is decided yet');
      expect(await works(await client.again().connect(owner))).toBe(true);
    });

    it('says which permissions stay, with what they contain, and fills the form in for a change', async () => {
      await client.connect(owner);
      const { rehearsal, saved } = await through({
        tool: '*',
        people: 'owner',
        verdict: 'allow',
        scope: 'projects:read',
        until: '2999-12-31',
      });
      expect(textOf(rehearsal.html)).toContain('1 changes');
      await saved();
      const [rule] = await server.query(
        'SELECT tool, people, verdict, ceiling, expires_at FROM policy_rules WHERE organization_id = $1',
        [owner.organizationId],
      );
      expect(rule).toEqual({
        tool: '*',
        people: 'owner',
        verdict: 'allow',
        ceiling: ['projects:read'],
        expires_at: new Date('2999-12-31T23:59:59.999Z'),
      });
      const again = await browser.get(`${address()}?tool=*&people=owner`);
      const ticks = again.forms.flatMap(({ fields }) => fields).filter(({ type }) => type === 'checkbox');
      expect(ticks.filter(({ checked }) => checked).map(({ value }) => value)).toEqual(['projects:read']);
    });

    it('decides about a published tool by its address, never by an id a tool was given for the asking', async () => {
      const published = 'https://tool.example/client.json';
      await (await through({ address: published, people: 'everybody', verdict: 'deny' })).saved();
      const rules = () =>
        server.query('SELECT tool FROM policy_rules WHERE organization_id = $1', [owner.organizationId]);
      expect(await rules()).toEqual([{ tool: published }]);
      const { rehearsal } = await through({ tool: client.registered.client_id, people: 'everybody', verdict: 'deny' });
      expect(rehearsal.status).toBe(400);
      expect(await rules()).toEqual([{ tool: published }]);
    });

    it.each<[string, Record<string, string | undefined>]>([
      ['no tool', { tool: 'nonsense' }],
      ['markup for an address', { address: '<script>alert(1)</script>' }],
      ['an address with a user', { address: 'https://a@tool.example/client.json' }],
      ['an address without end', { address: `https://tool.example/${'a'.repeat(3_000)}` }],
      ['nobody', { people: 'strangers' }],
      ['no decision', { verdict: 'perhaps' }],
      ['somebody who is not there', { person: 'nobody@example.com' }],
      ['markup for a person', { person: '<script>alert(1)</script>' }],
      ['no permission', { scope: 'admin:everything' }],
      ['a day that is over', { until: '2001-01-01' }],
      ['no day', { until: "'; DROP TABLE users" }],
    ])('B5 refuses %s', async (_, fields) => {
      const valid = { tool: '*', people: 'everybody', verdict: 'allow', scope: 'projects:read' };
      const { rehearsal } = await through({ ...valid, ...fields });
      expect(rehearsal.status).toBe(400);
      expect(textOf(rehearsal.html)).not.toContain('What it would do');
      expect(rehearsal.html).not.toContain('<script>');
    });

    it('what somebody else changed meanwhile is not overwritten', async () => {
      const { saved } = await through({ tool: '*', people: 'everybody', verdict: 'deny' });
      await decide('*', 'member', READ_ONLY);
      const page = await saved();
      expect(page.status).toBe(400);
      expect(textOf(page.html)).toContain('somebody changed the rules meanwhile');
      expect(
        await server.query('SELECT people FROM policy_rules WHERE organization_id = $1', [owner.organizationId]),
      ).toEqual([{ people: 'member' }]);
    });

    it('O1 a rehearsed change is good in its session and organization alone, and as it was made', async () => {
      const { rehearsal } = await through({ tool: '*', people: 'everybody', verdict: 'deny' });
      const change = rehearsal.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'change')!.value;
      const other = await addPerson(server.app, `mallory${++serial}@example.com`);
      const attacks: [HttpBrowser, string, string][] = [
        [await logIn(other), other.organizationId, change],
        [await logIn(owner), owner.organizationId, change],
        [browser, owner.organizationId, `${change.slice(0, -4)}AAAA`],
        [browser, owner.organizationId, ''],
      ];
      for (const [own, id, sealed] of attacks) {
        const page = await own.get(address(id));
        const csrf = page.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'csrf')!.value;
        expect((await own.post(address(id), new URLSearchParams({ csrf, change: sealed }))).status).toBe(400);
      }
      expect(
        await server.query('SELECT 1 FROM policy_rules WHERE tool = $1 AND organization_id = ANY ($2)', [
          '*',
          [owner.organizationId, other.organizationId],
        ]),
      ).toEqual([]);
    });

    it('O2 to members and strangers there is no such page, and nothing they can send there', async () => {
      const { rehearsal } = await through({ tool: '*', people: 'everybody', verdict: 'deny' });
      const change = rehearsal.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'change')!.value;
      for (const person of [await join('member'), await addPerson(server.app, `stranger${++serial}@example.com`)]) {
        const own = await logIn(person);
        expect((await own.get(address())).status).toBe(404);
        const page = await own.get(`${server.origin}/console`);
        const csrf = page.forms.flatMap(({ fields }) => fields).find(({ name }) => name === 'csrf')!.value;
        const body = new URLSearchParams({ csrf, change, tool: '*', people: 'everybody', verdict: 'deny' });
        expect((await own.post(address(), body)).status).toBe(404);
        expect((await own.post(`${address()}/rehearsal`, body)).status).toBe(404);
      }
      expect((await (await logIn(await join('admin'))).get(address())).status).toBe(200);
    });
  });
});

describe('O4 a denial racing approvals at the row lock leaves no connection', () => {
  let server: TestServer;
  let owner: Person;
  let client: OAuthClient;
  let approvals: (() => Promise<WebPage>)[];
  beforeEach(async () => {
    server = await startServer({ database: 'postgres' });
    owner = await addPerson(server.app, 'owner@example.com');
    client = await OAuthClient.register(server.origin);
    await client.again().connect(owner);
    const walks = await Promise.all([1, 2, 3].map(() => client.again().toApproval(owner)));
    approvals = walks.map(
      ({ browser, page }) =>
        () =>
          browser.submit(page, 'Approve'),
    );
  });
  afterEach(() => server?.close());

  const deny = () => {
    const change: PolicyChange = { tool: '*', people: 'everybody', becomes: DENY };
    const { organizationId, id: by } = owner;
    return server.app.get(ToolPolicy, { strict: false }).save({ organizationId, change, version: 0, by });
  };

  it('when approvals came first: the denial waits, and ends what they made', async () => {
    const witness = Witness.of(server.config.databaseUrl);
    await witness.releaseTogether(
      'SELECT 1 FROM memberships WHERE user_id = $1 FOR UPDATE',
      [owner.id],
      4,
      async () => {
        const answered = approvals.map((approve) => approve());
        await witness.untilWaiting(3);
        const [ended, ...pages] = await Promise.all([deny(), ...answered]);
        expect({ ended, approved: pages.filter(({ leftTo }) => leftTo).length }).toEqual({ ended: 4, approved: 3 });
      },
    );
    expect(await witness.query('SELECT id FROM grants WHERE revoked_at IS NULL')).toEqual([]);
  });

  it('when the denial came first, and has looked already what it ends: approvals wait, and are refused', async () => {
    const witness = Witness.of(server.config.databaseUrl);
    await witness.releaseTogether('SELECT 1 FROM grants WHERE user_id = $1 FOR UPDATE', [owner.id], 4, async () => {
      const ending = deny();
      await witness.untilWaiting(1);
      const [ended, ...pages] = await Promise.all([ending, ...approvals.map((approve) => approve())]);
      expect({ ended, statuses: pages.map(({ status }) => status) }).toEqual({ ended: 1, statuses: [403, 403, 403] });
    });
    expect(await witness.query('SELECT id FROM grants WHERE revoked_at IS NULL')).toEqual([]);
  });
});
