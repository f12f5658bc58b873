import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

const MANY = 300;

describe.each(BOTH_DATABASES)('somebody with three hundred organizations, on %s', (database) => {
  let server: TestServer;
  let ann: Person;
  let bob: Person;
  let all: { id: string; name: string }[];
  beforeAll(async () => {
    server = await startServer({ database, variables: { RATE_LIMITS: 'off' } });
    ann = await addPerson(server.app, 'ann@example.com', { organization: 'Acme' });
    bob = await addPerson(server.app, 'bob@example.com', { organization: 'Team of Bob' });
    await belongTo(ann, MANY - 1);
    all = await server.query(
      `SELECT o.id, o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
        WHERE m.user_id = $1 ORDER BY lower(o.name), o.id`,
      [ann.id],
    );
  });
  afterAll(() => server?.close());

  /** Of several there are two of one name. */
  const belongTo = ({ id }: Person, count: number) =>
    server.query(
      `WITH made AS (INSERT INTO organizations (name, created_at)
          SELECT CASE WHEN n % 2 = 0 THEN 'Team ' ELSE 'TEAM ' END || n / 3, $2 FROM generate_series(1, $3::integer) n RETURNING id)
       INSERT INTO memberships (user_id, organization_id, role, created_at) SELECT $1, id, 'owner', $2 FROM made`,
      [id, server.clock.now(), count],
    );
  const linkOf = ({ html, url }: WebPage, name: string) => {
    const [, href] = new RegExp(`href="([^"]*)">${name}<`).exec(html) ?? [];
    return href && new URL(href.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'), url).href;
  };
  /** The page and all that follow it. */
  const through = async (browser: HttpBrowser, first: WebPage) => {
    const pages = [first];
    for (let next = linkOf(first, 'More organizations'); next; next = linkOf(pages.at(-1)!, 'More organizations'))
      pages.push(await browser.get(next));
    return pages;
  };
  const find = async (browser: HttpBrowser, page: WebPage, name: string, button = 'Find') => {
    const form = page.forms.find(({ buttons }) => buttons.some(({ label }) => label === button))!;
    expect(form.method).toBe('get');
    const fields = form.fields.map((field): [string, string] => [field.name, field.name === 'q' ? name : field.value]);
    return browser.get(`${new URL(form.action, page.url).href}?${new URLSearchParams(fields)}`);
  };

  describe('whom a tool asks', () => {
    const radios = ({ forms }: WebPage) =>
      forms.flatMap(({ fields }) => fields).filter(({ name, type }) => name === 'organization' && type === 'radio');
    const ids = (page: WebPage) => radios(page).map(({ value }) => value);
    const asked = async (person: Person) => {
      const client = await OAuthClient.register(server.origin);
      const browser = await enter(server, person);
      return { client, browser, page: await browser.get(client.authorizeUrl()) };
    };
    const approve = async ({ client, browser }: { client: OAuthClient; browser: HttpBrowser }, page: WebPage) => {
      const answer = await browser.submit(page, 'Approve');
      const { json } = await client.exchange(new URL(answer.leftTo!).searchParams.get('code')!);
      return decodeJwt((json as unknown as Tokens).access_token)['org_id'];
    };

    it('sees twenty at a time, each once, none of them preselected', async () => {
      const { browser, page } = await asked(ann);
      const pages = await through(browser, page);
      expect(pages.map((one) => ids(one).length)).toEqual(Array.from({ length: 15 }, () => 20));
      expect(pages.flatMap(ids)).toEqual(all.map(({ id }) => id));
      expect(pages.flatMap(radios).filter(({ checked }) => checked)).toEqual([]);
      expect(ids(await browser.get(linkOf(pages[14]!, 'Show all organizations')!))).toEqual(ids(page));
    });

    it('selects one of the last page', async () => {
      const asking = await asked(ann);
      const last = (await through(asking.browser, asking.page)).at(-1)!;
      const chosen = all.at(-1)!;
      const approval = await asking.browser.submit(last, 'Continue', { organization: chosen.id });
      expect(textOf(approval.html)).toContain(chosen.name);
      expect(await approve(asking, approval)).toBe(chosen.id);
    });

    it('finds one by part of its name; it has to be selected', async () => {
      const asking = await asked(ann);
      const found = await find(asking.browser, asking.page, ' aCM ');
      expect(radios(found)).toEqual([expect.objectContaining({ value: ann.organizationId, checked: false })]);
      const refused = await asking.browser.submit(found, 'Continue');
      expect([refused.status, textOf(refused.html)]).toEqual([400, expect.stringContaining('Select an organization')]);
      const approval = await asking.browser.submit(found, 'Continue', { organization: ann.organizationId });
      expect(await approve(asking, approval)).toBe(ann.organizationId);
    });

    it('what is found comes in pages too; what is not leads back to all of them', async () => {
      const { browser, page } = await asked(ann);
      const pages = await through(browser, await find(browser, page, 'team 1'));
      expect(pages.flatMap(ids)).toEqual(all.filter(({ name }) => /^team 1/i.test(name)).map(({ id }) => id));
      const none = await find(browser, page, '100%_');
      expect(textOf(none.html)).toContain('You belong to no organization of that name.');
      expect(ids(await browser.get(linkOf(none, 'Show all organizations')!))).toEqual(ids(page));
    });

    it('never finds one of somebody else, whatever the address says', async () => {
      const { browser, page } = await asked(ann);
      expect(ids(await find(browser, page, 'of Bob'))).toEqual([]);
      const { searchParams, origin, pathname } = new URL(page.url);
      const request = searchParams.get('request')!;
      const id = bob.organizationId;
      for (const odd of [`after=a+${id}`, 'after=x', `after=%00+${id}`, `after=%ED%A0%80+${id}`, 'q=%00', 'q=a&q=b']) {
        const odder = await browser.get(`${origin}${pathname}?${new URLSearchParams({ request })}&${odd}`);
        expect([odd, odder.status, ids(odder).includes(id)]).toEqual([odd, 200, false]);
      }
      const refused = await browser.submit(page, 'Continue', { organization: id });
      expect(refused.status).toBe(400);
    });

    it('with twenty or fewer there is nothing to search; a single one is preselected', async () => {
      const cat = await addPerson(server.app, 'cat@example.com', { organization: 'Cats' });
      const one = await asked(cat);
      expect(radios(one.page)).toEqual([expect.objectContaining({ value: cat.organizationId, checked: true })]);
      await belongTo(cat, 19);
      const { page } = await asked(cat);
      expect([ids(page).length, linkOf(page, 'More organizations')]).toEqual([20, undefined]);
      expect(page.html).not.toContain('name="q"');
    });
  });

  it('sees them on their own page, in pages and by name, and selects one of the last', async () => {
    const browser = await enter(server, ann);
    const names = ({ html }: WebPage) => [...html.matchAll(/<h2><bdi>([^<]+)<\/bdi><\/h2>/g)].map(([, name]) => name);
    const here = `${server.origin}/console/organizations`;
    const pages = await through(browser, await browser.get(here));
    expect(pages.map((page) => names(page).length)).toEqual([50, 50, 50, 50, 50, 50]);
    expect(pages.flatMap(names)).toEqual(all.map(({ name }) => name));
    const found = await find(browser, pages[0]!, 'ACME', 'Show');
    expect([new URL(found.url).search, names(found)]).toEqual(['?q=ACME', ['Acme']]);
    const none = await browser.get(`${here}?q=nobody`);
    expect(names(await browser.get(linkOf(none, 'Show all organizations')!))).toEqual(names(pages[0]!));
    const last = pages[5]!;
    const button = last.forms.at(-2)!.buttons[0]!.label;
    const selected = await browser.submit(last, button);
    expect(textOf(selected.html)).toContain(`${all.at(-1)!.name} , the selected organization`);
    const projects = await browser.get(`${server.origin}/console/projects`);
    expect(textOf(projects.html)).toContain(`The projects of ${all.at(-1)!.name} .`);
    for (const odd of ['after=x', 'after=%00', `q=%00`, 'q=a&q=b'])
      expect([odd, (await browser.get(`${here}?${odd}`)).status]).toEqual([odd, 200]);
  });
});
