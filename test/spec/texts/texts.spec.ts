import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IntlMessageFormat } from 'intl-messageformat';
import { OWN_SCOPES, OFFLINE_ACCESS } from '../../../src/oauth/scope.js';
import { EN, type TextKey } from '../../../src/texts/en/index.js';
import { KO } from '../../../src/texts/ko/index.js';
import { format, LOCALES, ownText, plainly, text } from '../../../src/texts/text.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

const CATALOGUES = { en: EN, ko: KO } as const;
const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:hbs|ts)$/.test(file) && !/^texts\/(?:en|ko)\//.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
const SOURCES = [...filesBelow('views'), ...filesBelow('src')].join('\n');

/** What a text refers to: its values and its tags. */
const parts = (message: string) =>
  [...new Set([...message.matchAll(/\{(\w+)[,}]|<(\w+)>/g)].map(([, value, tag]) => value ?? `<${tag}>`))].toSorted();

describe('the texts', () => {
  it('are the same in every language: the same keys, values and marks', () => {
    expect(Object.keys(KO)).toEqual(Object.keys(EN));
    for (const key of Object.keys(EN) as TextKey[]) expect([key, parts(KO[key])]).toEqual([key, parts(EN[key])]);
  });

  it('can each be read, and say something', () => {
    for (const locale of LOCALES)
      for (const [key, message] of Object.entries(CATALOGUES[locale])) {
        expect(() => new IntlMessageFormat(message, locale)).not.toThrow();
        expect([locale, key, message.trim().length > 0]).toEqual([locale, key, true]);
      }
  });

  it('are Korean in Korean, but for names', () => {
    const latin = Object.entries(KO).filter(
      ([key, message]) => !/[가-힣]/.test(message) && !['brand.name', 'form.of'].includes(key),
    );
    expect(latin).toEqual([]);
  });

  it('are each used, and none is missing', () => {
    const used = new Set([...SOURCES.matchAll(/['"`]([a-z][\w-]*(?:\.[\w:.-]+)+)['"`]/g)].map(([, key]) => key!));
    // Made of a part that varies: roles, permissions, methods, notices, steps and cures, tables, mails, and what
    // belongs to a failure.
    const made =
      /^(?:role|scope|done|grade|sort|action|act|account-state|audit\.detail|key-stage|method|ended|mail-state|people|verdict|ruling|step|outcome|cure|kept|mail-kind|setting|title)\.|^resources\.fault-|-(?:why|advice)$|^setup\.(?:expired|invalid)$/;
    expect(Object.keys(EN).filter((key) => !used.has(key) && !made.test(key))).toEqual([]);
    const inViews = [...SOURCES.matchAll(/\{\{(?:t|plain) '([^']+)'|\(text '([^']+)'\)/g)].map(
      ([, one, other]) => one ?? other!,
    );
    expect(inViews.filter((key) => !Object.hasOwn(EN, key))).toEqual([]);
    const notices = [...SOURCES.matchAll(/\?done=([a-z-]+)/g)].map(([, name]) => `done.${name}`);
    expect(notices.filter((key) => !Object.hasOwn(EN, key))).toEqual([]);
    const unnamed = Object.keys(EN).filter(
      (key) => key.startsWith('done.') && !notices.includes(key) && !SOURCES.includes(`'${key.slice(5)}'`),
    );
    expect(unnamed).toEqual([]);
    for (const name of [...OWN_SCOPES.names, OFFLINE_ACCESS]) {
      expect(ownText(`scope.${name}`)).toBeDefined();
      expect(ownText(`scope.${name}.example`)).toBeDefined();
    }
  });

  it('are in no view', () => {
    for (const view of filesBelow('views')) {
      const bare = view.replace(/\{\{\{?[\s\S]*?\}?\}\}/g, '').replace(/<[^>]*>/g, ' ');
      const words = bare
        .match(/[A-Za-z]{3,}/g)
        ?.filter((word) => !/^(?:npm|run|cli|user|set|password|you|example|com)$/.test(word));
      expect(words ?? []).toEqual([]);
    }
  });

  it('count as each language does, and keep the words of others apart', () => {
    expect(plainly(text('members.count', { count: 1 }), 'en')).toBe('1 member');
    expect(plainly(text('members.count', { count: 3 }), 'en')).toBe('3 members');
    expect(plainly(text('members.count', { count: 3 }), 'ko')).toBe('구성원 3명');
    const tags = { b: (words: string) => `[${words}]`, n: (words: string) => `(${words})`, hidden: String };
    const hostile = text('login.to-connect', { tool: "<b>{x}</b> # '" });
    expect(format(hostile, 'en', tags, (value) => String(value).toUpperCase())).toBe("to connect [(<B>{X}</B> # ')]");
    expect(plainly('<b>as it is</b>', 'ko')).toBe('<b>as it is</b>');
  });
});

describe('the language of a page', () => {
  let server: TestServer;
  let person: Person;
  beforeAll(async () => {
    server = await startServer();
    person = await addPerson(server.app, 'ann@example.com');
  });
  afterAll(() => server?.close());

  const languageOf = (html: string) => /<html lang="([^"]+)"/.exec(html)![1];

  it.each([
    [undefined, 'en'],
    ['ko', 'ko'],
    ['ko-KR,ko;q=0.9,en;q=0.8', 'ko'],
    ['de, ko;q=0.5', 'ko'],
    ['de-DE', 'en'],
    ['en;q=0.1, ko;q=0.9', 'ko'],
    ['*', 'en'],
    ['\t;;q=x,,', 'en'],
  ])('is what the browser asks for: %p is %s', async (asked, expected) => {
    const response = await fetch(`${server.origin}/console/login`, {
      headers: asked ? { 'accept-language': asked } : {},
    });
    expect(languageOf(await response.text())).toBe(expected);
  });

  it('is what the person chose, on every page, and the link comes back to the page it was on', async () => {
    const browser = new HttpBrowser({ 'accept-language': 'en' });
    const client = await OAuthClient.register(server.origin, { client_name: 'Claude <b>Code' });
    const login = await browser.get(client.authorizeUrl());
    expect(languageOf(login.html)).toBe('en');
    const link = /href="(\/language\/ko\?[^"]+)"/.exec(login.html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'))![1]!;
    const korean = await browser.get(server.origin + link);
    expect([korean.url, languageOf(korean.html)]).toEqual([login.url, 'ko']);
    const wrong = await browser.submit(korean, '로그인', { email: person.email, password: 'wrong' });
    expect(textOf(wrong.html)).toContain('이메일 주소와 비밀번호가 맞지 않습니다.');
    let page = await browser.submit(wrong, '로그인', { email: person.email, password: person.password });
    page = await browser.submit(page, '계속', { organization: person.organizationId });
    expect(page.html).toContain('<bdi>Claude &lt;b&gt;Code</bdi> 사용을 허용할까요?');
    expect(textOf(page.html)).toContain('프로젝트 만들기, 이름 바꾸기, 삭제하기');
    for (const path of ['/console', '/console/connections', '/console/projects', '/console/organizations', '/nothing'])
      expect([path, languageOf((await browser.get(server.origin + path)).html)]).toEqual([path, 'ko']);
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/console\r\nx: y',
    '/mcp',
    '/consoles',
    undefined,
  ])('goes back to nowhere else: %p', async (back) => {
    const query = back === undefined ? '' : `?back=${encodeURIComponent(back)}`;
    const response = await fetch(`${server.origin}/language/ko${query}`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/console']);
  });

  it.each(['de', 'KO', '__proto__', 'ko%00'])('is one of those there are: %s is not', async (locale) => {
    const response = await fetch(`${server.origin}/language/${locale}`, { redirect: 'manual' });
    expect([response.status, response.headers.getSetCookie().join()]).toEqual([
      404,
      expect.not.stringContaining('locale'),
    ]);
  });

  it('is not what a made-up cookie says', async () => {
    const response = await fetch(`${server.origin}/console/login`, { headers: { cookie: 'bkend-locale="><script>' } });
    const html = await response.text();
    expect([languageOf(html), html.includes('"><script>')]).toEqual(['en', false]);
  });
});
