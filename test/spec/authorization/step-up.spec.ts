import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let person: Person;
beforeAll(async () => {
  server = await startServer({ database: 'postgres' });
  person = await addPerson(server.app, 'ann@example.com');
});
afterAll(() => server?.close());

/** The permissions on the page, each with whether it is marked as new. */
const permissionsOf = ({ html }: WebPage) =>
  [...html.matchAll(/<li>([\s\S]*?)<\/li>/g)].map(([, item]) => [
    /(?:<label[^>]*>|<span>)([^<]+)</.exec(item!)![1],
    textOf(item!).includes(' new '),
  ]);

describe('a step up', () => {
  it('is told apart from what was given before, and one token can do both', async () => {
    const client = await OAuthClient.register(server.origin);
    const browser = new HttpBrowser();
    const first = client.again();
    const narrow = await first.toApproval(person, { browser, parameters: { scope: 'organization:read' } });
    expect(permissionsOf(narrow.page)).toEqual([
      ['See your organization and who you are in it', false],
      ['Stay connected when you are away', false],
    ]);
    const code = new URL((await browser.submit(narrow.page, 'Approve')).leftTo!).searchParams.get('code')!;
    const before = (await first.exchange(code)).json as unknown as Tokens;

    const refused = await callMcp(server.origin, before.access_token, 'tools/call', {
      name: 'create_project',
      arguments: { name: 'X' },
    });
    expect(refused.status).toBe(403);
    const missing = /scope="([^"]+)"/.exec(refused.headers.get('www-authenticate')!)![1]!;

    const second = client.again();
    const wide = await second.toApproval(person, { browser, parameters: { scope: `organization:read ${missing}` } });
    expect(permissionsOf(wide.page)).toEqual([
      ['See your organization and who you are in it', false],
      ['See the projects', true],
      ['Create, rename and delete projects', true],
      ['Stay connected when you are away', false],
    ]);
    const stepped = new URL((await browser.submit(wide.page, 'Approve')).leftTo!).searchParams.get('code')!;
    const after = (await second.exchange(stepped)).json as unknown as Tokens;
    for (const [name, args] of [
      ['get_organization', {}],
      ['create_project', { name: 'X' }],
    ] as const) {
      expect((await callMcp(server.origin, after.access_token, 'tools/call', { name, arguments: args })).status).toBe(
        200,
      );
    }
    // What it had goes on.
    expect((await first.refresh(before.refresh_token)).status).toBe(200);
  });

  it('compares with this tool, this organization and connections that live', async () => {
    const [one, other] = [
      await OAuthClient.register(server.origin),
      await OAuthClient.register(server.origin, { client_name: 'Other' }),
    ];
    const tokens = await one.connect(person, { parameters: { scope: 'organization:read' } });
    expect(permissionsOf((await other.toApproval(person)).page).map(([, isNew]) => isNew)).not.toContain(true);
    await one.revoke(tokens.refresh_token);
    expect(permissionsOf((await one.again().toApproval(person)).page).map(([, isNew]) => isNew)).not.toContain(true);
  });
});
