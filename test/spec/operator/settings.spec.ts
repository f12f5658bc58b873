import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { maskedUrl } from '../../../src/console/operator/masked-url.js';
import { type HttpBrowser, textOf } from '../../support/http-browser.js';
import { addPerson } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

/** Each with letters that a URL or HTML would spell otherwise. */
const SECRETS = {
  first: 'K7&first"secret<of>the+server/and=long',
  second: 'Zq8xW2vN5bT1yH7kLp3rM9cJ4dF6gS0aQe+/=',
  smtp: 'smtp-p@ss/"word"&<b>',
  metrics: 'metrics&token<with>"quotes"',
  bootstrap: 'boot&strap<pass>"word"',
};

let server: TestServer;
let browser: HttpBrowser;
beforeAll(async () => {
  server = await startServer({
    variables: {
      SECRETS: `${SECRETS.first},${SECRETS.second}`,
      SMTP_URL: `smtp://relay-user:${encodeURIComponent(SECRETS.smtp)}@127.0.0.1:2525/?name=node`,
      MAIL_FROM: 'bkend <no-reply@example.com>',
      METRICS_TOKEN: SECRETS.metrics,
      BOOTSTRAP_EMAIL: 'first@example.com',
      BOOTSTRAP_PASSWORD: SECRETS.bootstrap,
      BOOTSTRAP_ORGANIZATION: 'First',
      MCP_ORIGINS: 'https://app.example.com,https://other.example.com',
      ACCESS_TOKEN_LIFETIME: '900',
      SIGN_UP: '',
      RATE_LIMITS: 'off',
    },
  });
  const operator = await addPerson(server.app, 'operator@example.com');
  await server.query('UPDATE users SET operator = true');
  browser = await enter(server, operator);
});
afterAll(() => server?.close());

const page = () => browser.get(`${server.origin}/console/operator/settings`);
const rows = async () => {
  const { html } = await page();
  const found = [...html.matchAll(/<li class="item">[\s\S]*?<code>([A-Z_]+)<\/code>([\s\S]*?)<\/li>/g)];
  return new Map(
    found.map(([, name, rest]) => {
      const [given, value, what] = rest!.split('</p>').map((part) => textOf(part));
      return [name!, [value!, given!, what!]] as const;
    }),
  );
};

describe('the settings in force, as operators see them', () => {
  it('are all there, described, in the order of the documentation', async () => {
    const documented = [...readFileSync('docs/configuration.md', 'utf8').matchAll(/^\| `([A-Z_]+)`/gm)];
    const shown = await rows();
    expect([...shown.keys()]).toEqual(documented.map(([, name]) => name));
    for (const [name, [, , what]] of shown) expect([name, what]).toEqual([name, expect.stringMatching(/^[A-Z].+\.$/)]);
    const known = [...readFileSync('src/config/environment.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+)\?:/gm)];
    expect([...shown.keys()].toSorted()).toEqual(known.map(([, name]) => name!).toSorted());
  });

  it('are what the server runs with, and whether that was given or is the default', async () => {
    const shown = await rows();
    const of = (name: string) => shown.get(name)!.slice(0, 2);
    expect(of('ACCESS_TOKEN_LIFETIME')).toEqual(['900 s', 'given']);
    expect(of('REFRESH_TOKEN_LIFETIME')).toEqual(['2,592,000 s (30 days)', 'default']);
    expect(of('MCP_ORIGINS')).toEqual(['https://app.example.com, https://other.example.com', 'given']);
    expect(of('TRUSTED_PROXIES')).toEqual(['none', 'default']);
    expect(of('DATABASE_URL')).toEqual(['the embedded database', 'default']);
    expect(of('PUBLIC_URL')).toEqual([server.origin, 'given']);
    // Empty is absent.
    expect(of('SIGN_UP')).toEqual(['invitation', 'default']);
    expect(of('BOOTSTRAP_EMAIL')).toEqual(['first@example.com', 'given']);
  });

  it('E13 of a secret no part is on the page, in any spelling; that there is one, is', async () => {
    const { html } = await page();
    const shown = await rows();
    expect(shown.get('SECRETS')!.slice(0, 2)).toEqual(['2 secrets, not shown', 'given']);
    expect(shown.get('METRICS_TOKEN')![0]).toBe('given, not shown');
    expect(shown.get('BOOTSTRAP_PASSWORD')![0]).toBe('given, not shown');
    expect(shown.get('SMTP_URL')![0]).toBe('smtp://•••@127.0.0.1:2525/?•••');
    const escaped = (words: string) =>
      words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
    const here = [html, textOf(html), decodeURIComponent(html.replace(/%(?![0-9a-f]{2})/gi, '%25'))].join('\n');
    for (const secret of Object.values(SECRETS))
      for (const form of [secret, encodeURIComponent(secret), escaped(secret), Buffer.from(secret).toString('base64')])
        // Any eight letters in a row, not only the whole.
        for (let at = 0; at + 8 <= form.length; at++) expect(here).not.toContain(form.slice(at, at + 8));
    expect(html).not.toContain('relay-user');
  });
});

describe('a URL that may be shown', () => {
  it.each([
    ['postgres://app:s3cret@db.example.com:5432/auth', 'postgres://•••@db.example.com:5432/auth'],
    ['postgres://token-only@db.example.com/auth', 'postgres://•••@db.example.com/auth'],
    ['postgres://db.example.com/auth?user=app&password=s3cret', 'postgres://db.example.com/auth?•••'],
    ['postgresql://db.example.com/auth', 'postgresql://db.example.com/auth'],
    ['postgres://app:p%40ss@db.example.com/auth', 'postgres://•••@db.example.com/auth'],
    // A password that was not escaped: what it is read as must not be shown either.
    ['smtp://user:12/s3cret@smtp.example.com', 'smtp://•••'],
    ['smtp://user:12?s3cret@smtp.example.com', 'smtp://•••'],
    ['smtp://user:12#s3cret@smtp.example.com', 'smtp://•••'],
    ['smtp://user:s3cret#x@smtp.example.com', 'smtp://•••'],
    ['smtps://user:a@b@smtp.example.com', 'smtps://•••@smtp.example.com'],
  ])('%s is %s', (url, shown) => {
    expect(maskedUrl(url)).toBe(shown);
    for (const part of ['s3cret', 'token-only', 'p%40ss', 'a@b', '12']) expect(shown).not.toContain(part);
  });
});
