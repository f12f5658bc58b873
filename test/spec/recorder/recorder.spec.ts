import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptSteps } from '../../../src/database/repositories/attempt-steps.repository.js';
import type { Rule } from '../../../src/oauth/finding.js';
import { ACTORS, cureOf } from '../../../src/recorder/cures.js';
import type { Observed } from '../../../src/recorder/observed.js';
import { Recorder, RINGS } from '../../../src/recorder/recorder.service.js';
import { EN, type TextKey } from '../../../src/texts/en/index.js';
import { KO } from '../../../src/texts/ko/index.js';
import { plainly } from '../../../src/texts/text.js';
import { runCommand } from '../../support/command-line.js';
import { DatabaseLink } from '../../support/database-link.js';
import { BOTH_DATABASES, newDatabase } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { addPerson, type Person } from '../../support/people.js';
import type { Tokens } from '../../support/oauth-client.js';
import { attemptsOf, codeOf, enter, stepsOf } from '../../support/recorded-attempts.js';
import { sweep } from '../../support/sweeping.js';
import { startServer, type TestServer } from '../../support/server.js';
import { Tool } from '../../support/tool.js';
import { watch } from '../../support/watch.js';

it('every rule that can be broken has a cure for the person and one for the operator, in every language', () => {
  for (const rule of Object.keys(ACTORS))
    for (const reader of ['person', 'operator'])
      for (const catalogue of [EN, KO]) expect(catalogue[`cure.${reader}.${rule}` as TextKey]).toMatch(/\S+ \S+/);
});

it('an administrator is told what somebody else did, and never that they did it themselves', () => {
  for (const rule of Object.keys(ACTORS) as Rule[])
    expect([rule, plainly(cureOf(rule, 'administrator').cure, 'en')]).toEqual([
      rule,
      expect.not.stringMatching(/You denied|Your (?:role|organization)/),
    ]);
  expect(plainly(cureOf('person-approves', 'administrator').cure, 'en')).toBe(EN['cure.operator.person-approves']);
});

const add = (recorder: Recorder, observed: Observed) => recorder.add(observed, () => observed);

describe.each(BOTH_DATABASES)('attempts on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  let bob: Person;
  let operator: HttpBrowser;
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    bob = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
    const root = await addPerson(server.app, 'root@example.com', { organization: 'Operators' });
    await server.query('UPDATE users SET operator = true WHERE id = $1', [root.id]);
    operator = await enter(server.origin, root);
  });
  beforeEach(() => server.clock.advance(60));
  afterAll(() => server?.close());

  const tool = () => new Tool(server.origin).discover();
  const failing = async (one: Tool) =>
    one.browser.get(one.client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:53682/other' }));
  const mine = (code: string) => `${server.origin}/console/attempts/${code}`;

  it('are seen by the person whose browser was shown the code, once they are logged in', async () => {
    const one = await tool();
    const error = await failing(one);
    const link = /href="(\/console\/attempts\/[A-Z2-9]{10})"/.exec(error.html)![1]!;
    const login = await one.browser.get(server.origin + link);
    expect(login.url).toContain('/console/login?return=');
    const shown = await one.browser.submit(login, 'Log in', { email: ann.email, password: ann.password });
    expect([shown.status, new URL(shown.url).pathname]).toEqual([200, link]);
    const steps = stepsOf(shown);
    expect(steps.at(-1)).toMatchObject({
      kind: 'authorize',
      failed: true,
      rule: 'redirect-uri-registered',
      cure: EN['cure.person.redirect-uri-registered'],
      compared: { presented: 'http://127.0.0.1:53682/other', registered: 'http://127.0.0.1:53682/callback' },
    });
    expect(shown.html).not.toContain('127.0.0.1,');
  });

  it('of somebody else, and codes that nobody has, look the same to a person', async () => {
    const one = await tool();
    const code = codeOf(textOf((await failing(one)).html));
    const other = await enter(server.origin, bob);
    const [foreign, unknown] = [await other.get(mine(code)), await other.get(mine('ABCDEFGHJK'))];
    const plain = ({ html }: { html: string }, own: string) =>
      textOf(html)
        .replaceAll(own, '')
        .replace(/[A-Za-z0-9_-]{43}/g, '');
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(plain(foreign, code)).toBe(plain(unknown, 'ABCDEFGHJK'));
    expect(textOf(foreign.html)).toContain('Give the code to whoever runs this server');
    for (const odd of ['short', 'AAAAAAAAAAA', '0OIL1AAAAA', '%00', '..%2f'])
      expect([odd, (await other.get(mine(odd))).status]).toEqual([odd, 404]);
  });

  it('are only of tools: a stale link of a mail has its reason by its code, and is in no list', async () => {
    const stale = await operator.get(`${server.origin}/console/reset-password?token=stale`);
    const code = codeOf(textOf(stale.html));
    const list = `${server.origin}/console/operator/attempts`;
    expect(textOf((await operator.get(list)).html)).not.toContain(EN['step.page']);
    const [found] = attemptsOf(await operator.get(`${list}?code=${code}`));
    const steps = stepsOf(await operator.get(server.origin + found!));
    expect(steps.find((step) => step.code === code)).toMatchObject({ kind: 'page', rule: 'link-usable' });
  });

  it('that failed at the token endpoint are seen by the person they are of, by the code the tool shows', async () => {
    const one = await tool();
    const code = await one.client.code(ann, { browser: one.browser });
    const refusal = await one.exchange(code, { code_verifier: 'v'.repeat(43) });
    const shown = codeOf(refusal.json['error_description'] as string);
    const steps = stepsOf(await (await enter(server.origin, ann)).get(mine(shown)));
    expect(steps.map(({ kind }) => kind)).toContain('registration');
    expect(steps.at(-1)).toMatchObject({ kind: 'token', rule: 'code-proof', code: shown });
    expect((await (await enter(server.origin, bob)).get(mine(shown))).status).toBe(404);
  });

  it('say that what failed works again: a token that expired and was renewed, a call beyond what was approved', async () => {
    const one = await tool();
    const { access_token, refresh_token } = await one.client.connect(ann, {
      browser: one.browser,
      parameters: { scope: 'organization:read offline_access' },
    });
    expect((await one.callMcp(access_token)).status).toBe(200);
    const own = await enter(server.origin, ann);
    const newest = async () => {
      const [attempt] = attemptsOf(await own.get(`${server.origin}/console/attempts`));
      return stepsOf(await own.get(server.origin + attempt!));
    };
    const began = await newest();
    expect(began.at(-1)).toMatchObject({ kind: 'call', failed: false });

    server.clock.advance(server.config.accessTokenLifetime + 1);
    expect((await one.callMcp(access_token)).status).toBe(401);
    const renewed = (await one.client.refresh(refresh_token)).json as unknown as Tokens;
    expect((await one.callMcp(renewed.access_token)).status).toBe(200);
    expect((await newest()).slice(began.length).map(({ failed }) => failed)).toEqual([true, false]);

    const beyond = { method: 'tools/call', params: { name: 'create_project', arguments: { name: 'X' } } };
    expect((await one.callMcp(renewed.access_token, beyond)).status).toBe(403);
    expect((await newest()).at(-1)).toMatchObject({ kind: 'call', failed: true, rule: 'access-token-scope' });
    expect((await one.callMcp(renewed.access_token)).status).toBe(200);
    expect((await one.callMcp(renewed.access_token)).status).toBe(200);
    expect((await newest()).slice(began.length).map(({ failed }) => failed)).toEqual([true, false, true, false]);
    const failures = await own.get(`${server.origin}/console/attempts?outcome=failed`);
    expect(textOf(failures.html)).not.toContain(one.name);
  });

  it('of a person are listed for them alone, and a typed code leads to its page', async () => {
    const one = await tool();
    await one.client.authorize(bob, { browser: one.browser, decision: 'Deny' });
    const own = await enter(server.origin, bob);
    const list = await own.get(`${server.origin}/console/attempts?outcome=failed`);
    expect(textOf(list.html)).toContain(one.name);
    const anns = await (await enter(server.origin, ann)).get(`${server.origin}/console/attempts`);
    expect(textOf(anns.html)).not.toContain(one.name);
    const [href] = attemptsOf(list);
    expect(stepsOf(await own.get(server.origin + href!)).at(-1)).toMatchObject({ rule: 'person-approves' });
    expect((await (await enter(server.origin, ann)).get(server.origin + href!)).status).toBe(404);
    const typed = await own.get(`${server.origin}/console/attempts?code=abcde+fghjk`);
    expect(new URL(typed.url).pathname).toBe('/console/attempts/ABCDEFGHJK');
  });

  it('of an organization are seen by those who govern it, without what belongs to another', async () => {
    const one = await tool();
    const { browser, page } = await one.client.toApproval(bob, { browser: one.browser });
    await browser.submit(page, 'Approve');
    const path = (id: string) => `${server.origin}/console/organizations/${id}/attempts`;
    const owner = await enter(server.origin, bob);
    const list = await owner.get(path(bob.organizationId));
    expect(textOf(list.html)).toContain(one.name);
    const href = attemptsOf(list)[0]!;
    const shown = await owner.get(server.origin + href);
    expect(stepsOf(shown).map(({ kind }) => kind)).toContain('approval');
    const other = await enter(server.origin, ann);
    expect((await other.get(path(bob.organizationId))).status).toBe(404);
    const moved = href.replace(bob.organizationId, ann.organizationId);
    expect((await other.get(server.origin + moved)).status).toBe(404);
    const member = await addPerson(server.app, `m-${database}@example.com`, {
      into: bob.organizationId,
      role: 'member',
    });
    expect((await (await enter(server.origin, member)).get(path(bob.organizationId))).status).toBe(404);
  });

  it('of everybody are for operators, narrowed in the address', async () => {
    const one = await tool();
    const code = codeOf(textOf((await failing(one)).html));
    const tokens = await one.exchange(await one.client.code(ann, { browser: one.browser }));
    expect(tokens.status).toBe(200);
    const path = `${server.origin}/console/operator/attempts`;
    const names = async (query: string) => {
      const list = await operator.get(path + query);
      expect([query, list.status]).toEqual([query, 200]);
      return textOf(list.html);
    };
    expect(await names(`?code=${code}`)).toContain(one.name);
    expect(await names(`?code=nonsense`)).toContain('No attempts match.');
    expect(await names(`?client=${one.client.registered.client_id}&outcome=connected`)).toContain(one.name);
    expect(await names(`?client=${encodeURIComponent(one.name.toUpperCase())}&outcome=unfinished`)).not.toContain(
      'ago',
    );
    expect(await names('?person=ANN@&outcome=connected')).toContain(one.name);
    const day = server.clock.now().toISOString().slice(0, 10);
    expect(await names(`?since=${day}&client=${encodeURIComponent(one.name)}`)).toContain('failed');
    expect(await names('?until=2020-01-01')).toContain('No attempts match.');
    for (const odd of [
      '?code=%00',
      "?client='--",
      '?since=x',
      '?until=2026-99-99',
      '?before=1',
      '?before=1+x',
      '?outcome=a&outcome=b',
    ])
      await names(odd);
    expect((await (await enter(server.origin, ann)).get(path)).status).toBe(404);
  });

  it('come in pages, each once', async () => {
    const steps = server.app.get(AttemptSteps, { strict: false });
    const at = new Date(server.clock.now().getTime() - 3_600_000);
    const blank = { loose: true, failed: false, rule: null, compared: {}, sent: {}, supportCode: null, clientId: null };
    const nobody = { userId: null, organizationId: null, grantId: null, browser: null, address: '-', userAgent: '-' };
    const many = Array.from({ length: 120 }, (_, n) => ({
      ...blank,
      ...nobody,
      at,
      kind: 'challenge' as const,
      attempt: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      clientName: 'Paged',
    }));
    await steps.write('stranger', RINGS.stranger.slots, many);
    const seen: string[] = [];
    for (let next: string | undefined = '/console/operator/attempts?client=Paged'; next;) {
      const page = await operator.get(server.origin + next);
      seen.push(...attemptsOf(page));
      next = /href="([^"]+before[^"]+)">Older/.exec(page.html.replace(/&amp;/g, '&').replace(/&#x3D;/g, '='))?.[1];
    }
    expect([seen.length, new Set(seen).size]).toEqual([120, 120]);
  });

  it('two tools behind one address that call themselves the same: what could be of either is said to be uncertain', async () => {
    const [one, other] = [new Tool(server.origin), new Tool(server.origin)];
    Object.assign(other.agent, one.agent);
    await one.discover();
    await other.discover();
    await one.client.authorize(ann, { browser: one.browser, decision: 'Deny' });
    const list = await operator.get(
      `${server.origin}/console/operator/attempts?client=${one.client.registered.client_id}`,
    );
    const steps = stepsOf(await operator.get(server.origin + attemptsOf(list)[0]!));
    const doubtful = steps.filter(({ uncertain }) => uncertain).map(({ kind }) => kind);
    expect(doubtful).toEqual(expect.arrayContaining(['challenge', 'resource-metadata', 'server-metadata']));
    expect(steps.filter(({ uncertain }) => !uncertain).map(({ kind }) => kind)).toEqual([
      'registration',
      'authorize',
      'log-in',
      'organization',
      'approval',
    ]);
    // A person sees nothing that could be of somebody else.
    const own = await enter(server.origin, ann);
    const mineToo = await own.get(server.origin + attemptsOf(await own.get(`${server.origin}/console/attempts`))[0]!);
    expect(stepsOf(mineToo).map(({ kind }) => kind)).not.toContain('challenge');
  });

  it('hold nothing that acts on a page or a terminal, and nothing longer than a person reads', async () => {
    const one = new Tool(server.origin);
    const odd = `http://x.example/\u001b[2J\u202e\n<script>${'a'.repeat(5_000)}`;
    const code = codeOf((await one.register({ redirect_uris: [odd] })).json['error_description'] as string);
    const list = await operator.get(`${server.origin}/console/operator/attempts?code=${code}`);
    const shown = await operator.get(server.origin + attemptsOf(list)[0]!);
    expect(shown.html).not.toMatch(/\u001b|\u202e|<script>/);
    expect(stepsOf(shown).at(-1)!.compared['asked']!.length).toBeLessThan(300);
    expect(stepsOf(shown).at(-1)!.compared['asked']).toContain('\\u202e');
  });

  it('are forgotten after seven days, from the pages and then from the table', async () => {
    const one = await tool();
    const code = codeOf(textOf((await failing(one)).html));
    await server.app.get(Recorder, { strict: false }).flush();
    const rows = () =>
      server.query<{ n: number }>('SELECT count(*)::int AS n FROM attempt_steps WHERE support_code = $1', [code]);
    expect(await rows()).toEqual([{ n: 1 }]);
    server.clock.advance(7 * 86_400);
    await sweep(server);
    expect(await rows()).toEqual([{ n: 0 }]);
  });
});

describe('on the command line', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ database: 'postgres' });
  });
  afterAll(() => server?.close());

  it('an attempt is told as on its page', async () => {
    const one = await new Tool(server.origin).discover();
    const error = await one.browser.get(one.client.authorizeUrl({ redirect_uri: 'http://127.0.0.1:53682/other' }));
    const code = codeOf(textOf(error.html));
    await server.app.get(Recorder, { strict: false }).flush();
    const variables = {
      DATA_DIR: server.config.dataDir,
      ...(server.config.databaseUrl && { DATABASE_URL: server.config.databaseUrl }),
    };
    const { status, stdout } = runCommand({ variables }, ['attempt', code.toLowerCase()]);
    expect(stdout).toContain(`failed: ${one.name}`);
    expect(stdout).toMatch(/ok {6}It registers/);
    expect(stdout).toMatch(/FAILED {2}It opens this server in the browser/);
    expect(stdout).toContain('compared: presented = http://127.0.0.1:53682/other');
    expect(stdout).toContain('rule: redirect-uri-registered (RFC 6749 §3.1.2.3)');
    expect(stdout).toContain(EN['cure.operator.redirect-uri-registered']);
    expect(status).toBe(0);
    expect(runCommand({ variables }, ['attempt', 'ABCDEFGHJK'])).toMatchObject({ status: 1 });
  });
});

describe('the rings', () => {
  let server: TestServer;
  let recorder: Recorder;
  beforeAll(async () => {
    server = await startServer({ database: 'postgres' });
    recorder = server.app.get(Recorder, { strict: false });
  });
  afterAll(() => server?.close());

  const stranger = (n: number) => ({
    kind: 'challenge' as const,
    sent: {},
    address: `2001:db8::${n.toString(16)}`,
    userAgent: 'flood',
  });
  const count = async () =>
    Object.fromEntries(
      (
        await server.query<{ ring: string; n: number }>(
          'SELECT ring, count(*)::int AS n FROM attempt_steps GROUP BY ring',
        )
      ).map(({ ring, n }) => [ring, n]),
    );

  it('take no more of one source, nor of all, than their share of a minute', async () => {
    // All of it within one.
    server.clock.advance(60 - ((server.clock.now().getTime() / 1000) % 60));
    const before = recorder.dropped;
    for (let n = 0; n < 1_000; n++) add(recorder, stranger(1));
    await recorder.flush();
    expect(await count()).toEqual({ stranger: RINGS.stranger.perSource });
    for (let n = 0; n < 1_000; n++) add(recorder, stranger(n + 2));
    await recorder.flush();
    expect(await count()).toEqual({ stranger: RINGS.stranger.together });
    expect(recorder.dropped - before).toBe(2_000 - RINGS.stranger.together);
  });

  it('never hold more rows than slots, nor push out what another ring holds', async () => {
    const person = await addPerson(server.app, 'ann@example.com');
    add(recorder, { ...stranger(1), kind: 'approval', userId: person.id });
    await recorder.flush();
    const minutes = (RINGS.stranger.slots / RINGS.stranger.together) * 2;
    for (let minute = 0; minute < minutes; minute++) {
      server.clock.advance(60);
      for (let n = 0; n < RINGS.stranger.together + 100; n++) add(recorder, stranger(n));
      await recorder.flush();
    }
    expect(await count()).toEqual({ stranger: RINGS.stranger.slots, person: 1 });
  });

  it('a step that the database refuses is lost alone with its batch, and what follows is written', async () => {
    watch.faultsExpected = true;
    const before = recorder.dropped;
    server.clock.advance(60);
    add(recorder, { ...stranger(1), requestId: 'no uuid' });
    await recorder.flush();
    expect(recorder.dropped - before).toBe(1);
    add(recorder, { ...stranger(2), userAgent: 'after' });
    await recorder.flush();
    expect(await server.query("SELECT 1 FROM attempt_steps WHERE user_agent = 'after'")).toHaveLength(1);
    watch.faultsExpected = false;
  });
});

describe('while the database is away', () => {
  it('steps wait in bounded memory, tools notice nothing, and what failed is found afterwards', async () => {
    const database = await newDatabase('postgres');
    const link = await DatabaseLink.to(database.url!);
    const server = await startServer({ database: 'postgres', variables: { DATABASE_URL: link.url } });
    try {
      const ann = await addPerson(server.app, 'ann@example.com');
      await server.query('UPDATE users SET operator = true');
      const one = await new Tool(server.origin).discover();
      const recorder = server.app.get(Recorder, { strict: false });
      await recorder.flush();
      watch.faultsExpected = true;
      link.sever();
      const refusal = await one.token({
        grant_type: 'authorization_code',
        client_id: one.client.registered.client_id,
        code: 'c'.repeat(43),
        code_verifier: 'v'.repeat(43),
      });
      expect(refusal.status).toBe(503);
      expect((await one.callMcp(undefined)).status).toBe(401);
      for (let n = 0; n < 5_000; n++) {
        if (n % 100 === 0) server.clock.advance(60);
        add(recorder, { kind: 'challenge', sent: {}, address: `a${n}`, userAgent: 'x' });
      }
      expect(recorder.dropped).toBeGreaterThan(3_900);
      link.mend();
      watch.faultsExpected = false;
      const operator = await enter(server.origin, ann);
      const code = codeOf(refusal.json['error_description'] as string);
      const list = await operator.get(`${server.origin}/console/operator/attempts?code=${code}`);
      const shown = stepsOf(await operator.get(server.origin + attemptsOf(list)[0]!));
      expect(shown.find((step) => step.code === code)).toMatchObject({ kind: 'token', rule: 'database-reachable' });
    } finally {
      link.mend();
      await server.close();
      link.close();
      await database.remove();
    }
  });
});

it('an attempt is told the same by every node', async () => {
  const { attemptOf } = await import('../../../src/recorder/observed.js');
  const step = { kind: 'challenge' as const, sent: {}, address: '192.0.2.1', userAgent: 'x' };
  const at = new Date('2026-01-01T00:00:00Z');
  expect(attemptOf(step, at)).toEqual(attemptOf({ ...step }, new Date(at.getTime() + 599_999)));
  expect(attemptOf(step, at)).not.toEqual(attemptOf(step, new Date(at.getTime() + 600_000)));
});
