import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser, textOf } from '../support/http-browser.js';
import { OAuthClient, postJson } from '../support/oauth-client.js';
import { expectError, expectPage400, expectRefusal } from '../support/outcomes.js';
import { addPerson, PASSWORD, type Person } from '../support/people.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
let person: Person;
let registered: OAuthClient;

beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  person = await addPerson(server.app, 'ann@example.com');
  registered = await OAuthClient.register(server.origin);
});
afterAll(() => server?.close());

const grants = async () =>
  (await server.query<{ count: number }>('SELECT count(*)::int AS count FROM grants'))[0]!.count;
const refuses = async (status: number, act: Promise<{ status: number; leftTo: string | undefined }>) => {
  const before = await grants();
  expect(await act).toMatchObject({ status, leftTo: undefined });
  expect(await grants()).toBe(before);
};

const loggedIn = async () => {
  const browser = new HttpBrowser();
  const page = await browser.get(`${server.origin}/console/login`);
  await browser.submit(page, 'Log in', { email: person.email, password: PASSWORD });
  return browser;
};

describe('B: consent', () => {
  it('B1 asked the first time and every time', async () => {
    const browser = new HttpBrowser();
    for (let time = 0; time < 3; time++) {
      const client = registered.again();
      const { page } = await client.toApproval(person, { browser });
      expect(page.forms.flatMap(({ buttons }) => buttons.map(({ label }) => label))).toEqual(
        expect.arrayContaining(['Approve', 'Deny']),
      );
      expect((await browser.submit(page, 'Approve')).leftTo).toContain('code=');
    }
  });

  it('B2 prompt=none never brings a code', async () => {
    expectRefusal(await new HttpBrowser().get(registered.authorizeUrl({ prompt: 'none' })), 'login_required');
    const browser = new HttpBrowser();
    await registered.again().authorize(person, { browser });
    expectRefusal(await browser.get(registered.authorizeUrl({ prompt: 'none' })), 'consent_required');
  });

  it.each(['none login', 'none consent', 'create', 'NONE', 'login nonsense'])('B3 prompt=%s', async (prompt) => {
    expectRefusal(await new HttpBrowser().get(registered.authorizeUrl({ prompt })), 'invalid_request');
  });

  it('B4 more than was approved before is shown and not given silently', async () => {
    const browser = new HttpBrowser();
    const narrow = registered.again();
    await narrow.authorize(person, { browser, parameters: { scope: 'projects:read' } });
    const { page } = await registered
      .again()
      .toApproval(person, { browser, parameters: { scope: 'projects:read projects:write' } });
    expect(textOf(page.html)).toContain('Create, rename and delete projects');
  });

  it('B5 form fields add nothing: scope, organization, client, person', async () => {
    const other = await addPerson(server.app, 'eve@example.com', { organization: 'Evil' });
    const client = registered.again();
    const { browser, page } = await client.toApproval(person, { parameters: { scope: 'projects:read' } });
    const added = {
      scope: 'projects:write',
      organization: other.organizationId,
      organization_id: other.organizationId,
      client_id: 'x',
      user_id: other.id,
      userId: other.id,
    };
    const { leftTo } = await browser.submit(page, 'Approve', added);
    const tokens = (await client.exchange(new URL(leftTo!).searchParams.get('code')!)).json;
    expect(tokens['scope']).toBe('projects:read');
    const [grant] = await server.query<{ user_id: string; organization_id: string }>(
      'SELECT user_id, organization_id FROM grants ORDER BY created_at DESC LIMIT 1',
    );
    expect(grant).toEqual({ user_id: person.id, organization_id: person.organizationId });
  });

  it('B5 a permission that is ticked away is not given', async () => {
    const client = registered.again();
    const answer = await client.authorize(person, { form: { scope: undefined } });
    const { json } = await client.exchange(answer.get('code')!);
    expect(json['scope']).toBe('organization:read projects:read');
    expect(json).not.toHaveProperty('refresh_token');
  });

  it('B6 sent twice, or again after a denial: one answer', async () => {
    const client = registered.again();
    const { browser, page } = await client.toApproval(person);
    expect((await browser.submit(page, 'Approve')).leftTo).toContain('code=');
    await refuses(400, browser.submit(page, 'Approve'));
    await refuses(400, browser.submit(page, 'Deny'));
    await refuses(400, browser.get(page.url));
    const denied = await registered.again().toApproval(person, { browser });
    expect((await browser.submit(denied.page, 'Deny')).leftTo).toContain('error=access_denied');
    await refuses(400, browser.submit(denied.page, 'Approve'));
    await refuses(400, browser.submit(denied.page, 'Deny'));
  });

  it('B7 without the page before it, forged, of another browser, or too late', async () => {
    const client = registered.again();
    const { browser, page } = await client.toApproval(person);
    const form = page.forms.find(({ buttons }) => buttons.some(({ label }) => label === 'Approve'))!;
    const csrf = form.fields.find(({ name }) => name === 'csrf')!.value;
    const body = () => new URLSearchParams({ csrf, decision: 'approve' });
    const action = new URL(form.action, server.origin);
    await refuses(400, browser.post(`${server.origin}${action.pathname}`, body()));
    const forged = new URL(action);
    forged.searchParams.set('request', action.searchParams.get('request')!.replace(/^../, 'AA'));
    await refuses(400, browser.post(forged.href, body()));
    // The page of the step before, which nobody has answered as anybody.
    const login = await browser.get(client.authorizeUrl({ prompt: 'login' }));
    await refuses(400, browser.post(login.url.replace('/login?', '/approve?'), body()));
    server.clock.advance(3601);
    await refuses(400, browser.post(action.href, body()));
    server.clock.advance(-3601);
  });

  it('B8 somebody else logs in between seeing the page and answering', async () => {
    const bob = await addPerson(server.app, 'bob@example.com', { organization: 'Bobs' });
    const { browser, page } = await registered.again().toApproval(person);
    // In another tab: log out, log in as Bob.
    const console_ = await browser.get(`${server.origin}/console`);
    await browser.submit(console_, 'Log out');
    const login = await browser.get(`${server.origin}/console/login`);
    await browser.submit(login, 'Log in', { email: bob.email, password: PASSWORD });
    const before = await grants();
    const answer = await browser.submit(page, 'Approve');
    expect([400, 403]).toContain(answer.status);
    expect(answer.leftTo).toBeUndefined();
    expect(await grants()).toBe(before);
  });

  it('B9 nobody who is not logged in ever gets a code', async () => {
    const some = <T>(...values: T[]) => values;
    for (const prompt of some(undefined, 'none', 'login', 'consent', 'select_account')) {
      for (const extra of some<Record<string, string>>(
        {},
        { login_hint: person.email },
        { id_token_hint: 'x' },
        { max_age: '0' },
        { decision: 'approve' },
        { request: 'x' },
      )) {
        const page = await new HttpBrowser().get(registered.authorizeUrl({ prompt, ...extra }));
        expect(page.leftTo).toBeUndefined();
        expect(page.html).not.toMatch(/[?&;]code=/);
      }
    }
  });

  it('B10 denied: the tool is told, and no grant is made', async () => {
    const before = await grants();
    const client = registered.again();
    const answer = await client.authorize(person, { decision: 'Deny' });
    expect(Object.fromEntries(answer)).toMatchObject({
      error: 'access_denied',
      state: client.state,
      iss: `${server.origin}/mcp`,
    });
    expect(answer.has('code')).toBe(false);
    expect(await grants()).toBe(before);
  });

  it('B11 the page says who asks, where the answer goes, for whom, where, what and for how long', async () => {
    const client = await OAuthClient.register(server.origin, {
      client_name: 'My Tool',
      redirect_uris: ['https://tool.example/cb'],
    });
    const text = textOf((await client.toApproval(person)).page.html);
    for (const part of [
      'My Tool',
      'tool.example',
      person.email,
      'Acme',
      'See the projects',
      'Create, rename and delete projects',
      '30 days',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/self-asserted|not verified|unverified/i);
  });

  it('B13 request objects are refused by name, claims and registration are read by nobody, and nothing is fetched', async () => {
    let connections = 0;
    const inside = createServer().on('connection', (socket) => (connections++, socket.destroy()));
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/x`;
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ scope: 'projects:write', redirect_uri: url, jku: url }),
    ).toString('base64url')}.`;
    for (const browser of [new HttpBrowser(), await loggedIn()]) {
      for (const [name, value, error] of [
        ['request', unsigned, 'request_not_supported'],
        ['request', 'x', 'request_not_supported'],
        ['request_uri', url, 'request_uri_not_supported'],
        ['request_uri', 'file:///etc/passwd', 'request_uri_not_supported'],
        ['request_uri', 'urn:ietf:params:oauth:request_uri:x', 'request_uri_not_supported'],
      ] as const)
        expectRefusal(await browser.get(registered.authorizeUrl({ [name]: value })), error);
    }
    const parameters = {
      scope: 'projects:read',
      claims: JSON.stringify({ id_token: { email: { essential: true } }, userinfo: { sub: { value: url } } }),
      registration: JSON.stringify({
        redirect_uris: [url],
        jwks_uri: url,
        logo_uri: url,
        client_name: 'Somebody Else',
      }),
      sector_identifier_uri: url,
      jwks_uri: url,
    };
    const client = registered.again();
    const { browser, page } = await client.toApproval(person, { parameters });
    expect(page.html).not.toMatch(/Somebody Else|:\d+\/x/);
    const { leftTo } = await browser.submit(page, 'Approve');
    const { json } = await client.exchange(new URL(leftTo!).searchParams.get('code')!);
    expect([json['scope'], json['id_token']]).toEqual(['projects:read', undefined]);
    const metadata = {
      redirect_uris: ['https://tool.example/cb'],
      logo_uri: url,
      jwks_uri: url,
      sector_identifier_uri: url,
      request_uris: [url],
      initiate_login_uri: url,
    };
    expect((await postJson(`${server.origin}/mcp/oauth/register`, metadata)).status).toBe(201);
    expect(connections).toBe(0);
    // Whoever had fetched it would have been counted.
    await expect(fetch(url)).rejects.toThrow();
    expect(connections).toBe(1);
    inside.close();
  });

  it.each([
    '*',
    'nothing known',
    'a'.repeat(5000),
    '"',
    'x\u0007',
    Array.from({ length: 2000 }, (_, n) => n).join(' '),
  ])('B14 scope %.20s', async (scope) => {
    expectRefusal(await new HttpBrowser().get(registered.authorizeUrl({ scope })), 'invalid_scope');
  });

  it('B14 named twice is named once, and unknown beside known falls away', async () => {
    const client = registered.again();
    const code = await client.code(person, { parameters: { scope: 'projects:read projects:read openid whatever' } });
    expect((await client.exchange(code)).json['scope']).toBe('projects:read');
  });

  it.each(['ui_locales', 'login_hint', 'acr_values'])('B15 %s is read by nobody', async (name) => {
    const html = async (hint: string) => {
      const page = await new HttpBrowser().get(registered.authorizeUrl({ [name]: hint }));
      expect(page.status).toBe(200);
      // Less what is sealed, and what proves the forms.
      return page.html
        .replace(/(challenge&quot;:&quot;)[\w-]+/, '$1')
        .replace(/request(?:%3D|=|&#x3D;)[\w-]+/g, '')
        .replace(/(name="csrf" value=")[^"]+/g, '$1');
    };
    const plain = await html('');
    for (const hint of [
      '<script>alert(1)</script>'.repeat(40),
      'ko',
      '\0',
      '\r\nX-Evil: 1',
      '%s%n../../x',
      'a'.repeat(8_000),
    ])
      expect(await html(hint)).toBe(plain);
  });
});

describe('the request belongs to one browser and one person (W3, W4, W5)', () => {
  it('W4 opened in another browser, logged in or not: start again', async () => {
    const attacker = await registered.again().toApproval(person);
    const victim = new HttpBrowser();
    expectPage400(await victim.get(attacker.page.url));
    await registered.again().authorize(person, { browser: victim });
    expectPage400(await victim.get(attacker.page.url));
    const login = await new HttpBrowser().get(registered.authorizeUrl());
    expectPage400(await victim.get(login.url));
  });

  it('W5 two tools in two tabs, in any order: each gets its own', async () => {
    const browser = new HttpBrowser();
    const one = await OAuthClient.register(server.origin, {
      client_name: 'One',
      redirect_uris: ['https://one.example/cb'],
    });
    const two = await OAuthClient.register(server.origin, {
      client_name: 'Two',
      redirect_uris: ['https://two.example/cb'],
    });
    const [first, second] = [await browser.get(one.authorizeUrl()), await browser.get(two.authorizeUrl())];
    const asSecond = await browser.submit(second, 'Log in', { email: person.email, password: PASSWORD });
    const asFirst = await browser.submit(first, 'Log in', { email: person.email, password: PASSWORD });
    const approveFirst = await browser.submit(asFirst, 'Continue', { organization: person.organizationId });
    const approveSecond = await browser.submit(asSecond, 'Continue', { organization: person.organizationId });
    expect((await browser.submit(approveSecond, 'Approve')).leftTo).toMatch(/^https:\/\/two\.example\/cb\?code=/);
    expect((await browser.submit(approveFirst, 'Approve')).leftTo).toMatch(/^https:\/\/one\.example\/cb\?code=/);
  });

  it('W3 a session that was there before logging in is not the one after', async () => {
    const browser = new HttpBrowser();
    const planted = 'A'.repeat(43);
    browser.cookies.set('bkend-session', planted);
    await registered.again().authorize(person, { browser });
    expect(browser.cookies.get('bkend-session')).not.toBe(planted);
    expect(await new HttpBrowser({ cookie: `bkend-session=${planted}` }).get(`${server.origin}/console`)).toMatchObject(
      { url: expect.stringContaining('/console/login') },
    );
  });

  it('an organization of others cannot be selected (O1)', async () => {
    const other = await addPerson(server.app, 'zoe@example.com', { organization: 'Secret Corp' });
    const browser = new HttpBrowser();
    let page = await browser.get(registered.again().authorizeUrl());
    page = await browser.submit(page, 'Log in', { email: person.email, password: PASSWORD });
    expect(page.html).not.toContain('Secret Corp');
    for (const organization of [other.organizationId, 'nonsense', '', '00000000-0000-0000-0000-000000000000']) {
      const answer = await browser.submit(page, 'Continue', { organization });
      expect(answer.url).toContain('/authorize/organization');
      expect(answer.html).not.toContain('Secret Corp');
    }
  });

  it('a member who leaves between selecting and approving approves nothing (O3)', async () => {
    const leaver = await addPerson(server.app, 'leaver@example.com', { organization: 'Left' });
    const { browser, page } = await registered.again().toApproval(leaver);
    await server.query('DELETE FROM memberships WHERE user_id = $1', [leaver.id]);
    const before = await grants();
    expect((await browser.submit(page, 'Approve')).leftTo).toBeUndefined();
    expect(await grants()).toBe(before);
  });

  it('who belongs to no organization creates one and goes on (O12)', async () => {
    const lonely = await addPerson(server.app, 'lonely@example.com', { none: true });
    const client = registered.again();
    const browser = new HttpBrowser();
    let page = await browser.get(client.authorizeUrl());
    page = await browser.submit(page, 'Log in', { email: lonely.email, password: PASSWORD });
    page = await browser.submit(page, 'Create organization', { name: 'Brand New' });
    if (page.url.includes('/organization'))
      page = await browser.submit(page, 'Continue', { organization: /value="([0-9a-f-]{36})"/.exec(page.html)![1] });
    expect(textOf(page.html)).toContain('Brand New');
    const { leftTo } = await browser.submit(page, 'Approve');
    expect((await client.exchange(new URL(leftTo!).searchParams.get('code')!)).status).toBe(200);
    expectError(await client.exchange('x'), 'invalid_grant');
  });
});
