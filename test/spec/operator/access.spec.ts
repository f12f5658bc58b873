import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpBrowser } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { rawHttp, statusOf } from '../../support/raw-http.js';
import { startServer, type TestServer } from '../../support/server.js';

const ID = '00000000-0000-4000-8000-000000000000';
const FOLDER = 'src/console/operator';

/** Every route of operators, read from the controllers, so that a new one cannot be forgotten. */
const ROUTES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.controller.ts'))
  .flatMap((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const base = /@Controller\('([^']*)'\)/.exec(text)![1]!;
    return [...text.matchAll(/@(Get|Post)\((?:'([^']*)')?\)/g)].map(
      ([, method, path]) => [method!, `/${[base, path].filter(Boolean).join('/')}`] as const,
    );
  });
const concrete = (path: string, id: string) => path.replace(':id', id).replace(':act', 'disable').replace(/:\w+/g, id);

let server: TestServer;
let operator: Person;
let member: Person;
let browser: HttpBrowser;
beforeAll(async () => {
  server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
  operator = await addPerson(server.app, 'operator@example.com');
  member = await addPerson(server.app, 'member@example.com');
  await server.query('UPDATE users SET operator = true WHERE id = $1', [operator.id]);
  browser = await logIn(member);
});
afterAll(() => server?.close());

async function logIn({ email, password }: Person): Promise<HttpBrowser> {
  const own = new HttpBrowser();
  await own.submit(await own.get(`${server.origin}/console/login`), 'Log in', { email, password });
  return own;
}
const csrfOf = async (own: HttpBrowser) =>
  (await own.get(`${server.origin}/console`)).forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;

describe('the pages of operators', () => {
  it('are many', () => expect(ROUTES.length).toBeGreaterThan(5));

  it.each(ROUTES)('%s %s is not there for others, whether what it names exists or not (E13)', async (method, path) => {
    const before = await server.query('SELECT * FROM users ORDER BY id');
    const csrf = await csrfOf(browser);
    for (const id of [operator.id, ID]) {
      const url = server.origin + concrete(path, id);
      const page =
        method === 'Get'
          ? await browser.get(url)
          : await browser.post(url, new URLSearchParams({ csrf, confirm: operator.email }));
      expect([url, page.status]).toEqual([url, 404]);
      expect(page.html).not.toContain(operator.email);
    }
    expect(await server.query('SELECT * FROM users ORDER BY id')).toEqual(before);
  });

  it.each(ROUTES)('%s %s asks a stranger to log in, whatever bearer token they have (J15)', async (method, path) => {
    const { access_token } = await (await OAuthClient.register(server.origin)).connect(operator);
    for (const authorization of ['', `Bearer ${access_token}`]) {
      const response = await fetch(server.origin + concrete(path, operator.id), {
        method: method.toUpperCase(),
        redirect: 'manual',
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        ...(method === 'Post' && { body: '' }),
      });
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toMatch(/^\/console\/login\?return=/);
    }
  });

  it('W10 open by no other spelling of their paths', async () => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const operatorCookie = [...(await logIn(operator)).cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const host = new URL(server.origin).host;
    const status = async (path: string, cookies: string) =>
      statusOf(
        await rawHttp(
          server.origin,
          `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookies}\r\nConnection: close\r\n\r\n`,
        ),
      );
    expect(await status('/console/operator/people', operatorCookie)).toBe(200);
    for (const path of [
      '//console/operator/people',
      '/CONSOLE/operator/people',
      '/console/OPERATOR/people',
      '/console/operator/people/',
      '/console/operator/people;x',
      '/./console/operator/people',
      '/console/x/../operator/people',
      '/console/operator/people%2f',
      '/console/%6fperator/people',
      '/console/operator/people.json',
      '/console/operator/people?',
      '/console/operator/people%00',
    ]) {
      const found = await status(path, cookie);
      expect({ path, found, refused: found >= 400 && found < 500 }).toMatchObject({ path, refused: true });
    }
  });
});
