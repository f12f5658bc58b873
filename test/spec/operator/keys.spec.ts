import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { connectTo, declareResource, FILES } from '../../support/resource-servers.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let operator: Person;
let browser: HttpBrowser;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  operator = await addPerson(server.app, 'operator@example.com');
  await server.query('UPDATE users SET operator = true');
  browser = new HttpBrowser();
  await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
    email: operator.email,
    password: operator.password,
  });
});
afterAll(() => server?.close());

const base = () => `${server.origin}/console/operator/keys`;
const stages = async () => {
  const rows = await server.query<{ kid: string; stage: string }>(
    'SELECT kid, stage FROM signing_keys ORDER BY created_at, stage',
  );
  return Object.fromEntries(rows.map(({ kid, stage }) => [stage, kid]));
};

describe('the signing keys, as operators govern them', () => {
  it('are shown with their stages', async () => {
    const { current, next } = await stages();
    const shown = textOf((await browser.get(base())).html);
    expect(shown).toContain(`${current} signs`);
    expect(shown).toContain(`${next} next`);
    expect((await browser.get(`${base()}/nonsense/withdraw`)).status).toBe(404);
  });

  it('the next signs now: refused with the reason while verifiers may not know it, unless its id is typed', async () => {
    const before = await stages();
    const early = await browser.get(`${base()}/rotate`);
    expect(textOf(early.html)).toContain('less than 10 minutes ago');
    expect((await browser.submit(early, 'Sign with the next key now', { confirm: '' })).status).toBe(400);
    expect(await stages()).toEqual(before);
    await browser.submit(early, 'Sign with the next key now', { confirm: before['next']! });
    const forced = await stages();
    expect(forced).toMatchObject({ current: before['next'], retired: before['current'] });
    server.clock.advance(601);
    const due = await browser.get(`${base()}/rotate`);
    expect(due.html).not.toContain('name="confirm"');
    await browser.submit(due, 'Sign with the next key now');
    expect(await stages()).toMatchObject({ current: forced['next'] });
    expect(
      await server.query(`SELECT DISTINCT detail->>'by' AS by FROM audit_events WHERE action = 'signing_key.rotated'`),
    ).toEqual([{ by: operator.id }]);
  });

  it('L7 one that leaked is withdrawn: its tokens are refused at once here, by introspection too', async () => {
    const files = await declareResource(server);
    const client = await OAuthClient.register(server.origin);
    const own = await client.connect(operator);
    const theirs = await connectTo(FILES, client.again(), operator);
    const { kid } = decodeProtectedHeader(own.access_token);
    expect((await callMcp(server.origin, own.access_token)).status).toBe(200);
    expect((await files.introspect(theirs.access_token)).json).toMatchObject({ active: true });
    const page = await browser.get(`${base()}/${kid}/withdraw`);
    await browser.submit(page, 'Withdraw a leaked key', { confirm: kid! });
    expect((await callMcp(server.origin, own.access_token)).status).toBe(401);
    expect((await files.introspect(theirs.access_token)).json).toEqual({ active: false });
    const renewed = (await client.refresh(own.refresh_token)).json as { access_token: string };
    expect((await callMcp(server.origin, renewed.access_token)).status).toBe(200);
    expect(Object.values(await stages())).not.toContain(kid);
  });

  it('any stage can be withdrawn; there is always one that signs and one that is next', async () => {
    for (const stage of ['next', 'retired', 'current']) {
      const kid = (await stages())[stage]!;
      await browser.submit(await browser.get(`${base()}/${kid}/withdraw`), 'Withdraw a leaked key', { confirm: kid });
      const left = await stages();
      expect(Object.values(left)).not.toContain(kid);
      expect(left).toMatchObject({ current: expect.any(String), next: expect.any(String) });
    }
  });
});
