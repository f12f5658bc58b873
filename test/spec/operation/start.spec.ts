import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES, newDatabase, type DatabaseKind, type TestDatabase } from '../../support/databases.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { callMcp, OAuthClient } from '../../support/oauth-client.js';
import { PASSWORD, type Person } from '../../support/people.js';
import { type ServerProcess, startProcess } from '../../support/server.js';

const BOOTSTRAP = { BOOTSTRAP_EMAIL: 'ann@example.com', BOOTSTRAP_PASSWORD: PASSWORD, BOOTSTRAP_ORGANIZATION: 'Acme' };
const left: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of left.splice(0).toReversed()) await end();
});

async function database(kind: DatabaseKind): Promise<TestDatabase> {
  const made = await newDatabase(kind);
  left.push(() => made.remove());
  return made;
}

async function start(
  on: Pick<TestDatabase, 'variables'>,
  variables: Record<string, string> = {},
): Promise<ServerProcess> {
  const node = await startProcess(on, variables);
  left.push(() => node.kill('SIGKILL'));
  return node;
}

/** What a start that fails says, and how it ends. */
async function failedStart(variables: Record<string, string>): Promise<{ code: number; said: string }> {
  try {
    await start({ variables: {} }, variables);
  } catch (error) {
    const { code, printed } = error as { code: number; printed: string };
    return { code, said: printed };
  }
  throw new Error('it started');
}

const expectSentence = ({ code, said }: { code: number; said: string }, sentence: RegExp) => {
  expect(code).toBe(1);
  expect(said).toMatch(sentence);
  expect(said.trim().split('\n')).toHaveLength(1);
};

const logIn = async (node: ServerProcess) => {
  const browser = new HttpBrowser();
  const page = await browser.submit(await browser.get(`${node.address}/console/login`), 'Log in', {
    email: 'ann@example.com',
    password: PASSWORD,
  });
  return { browser, page };
};

describe.each(BOTH_DATABASES)('a start on %s', (kind) => {
  it('prints where everything is, and a link for the first operator that works once', async () => {
    const node = await start(await database(kind));
    const banner = node.output();
    for (const part of [
      `${node.origin}/console`,
      `${node.origin}/mcp`,
      `claude mcp add --transport http bkend ${node.origin}/mcp`,
    ])
      expect(banner).toContain(part);
    const link = /http\S+\/console\/setup\?token=\S+/.exec(banner)![0];
    const client = await OAuthClient.register(node.origin);
    const logins = async () => [
      textOf((await new HttpBrowser().get(`${node.origin}/console`)).html),
      textOf((await new HttpBrowser().get(client.authorizeUrl())).html),
    ];
    const nobody = 'This server has no accounts yet';
    expect(await logins()).toEqual([expect.stringContaining(nobody), expect.stringContaining(nobody)]);
    const browser = new HttpBrowser();
    const details = { email: 'ann@example.com', password: PASSWORD, organization: 'Acme' };
    const setup = await browser.get(link);
    const again = await browser.submit(setup, 'Create account', { ...details, password: 'short' });
    expect(textOf(again.html)).toContain('8 characters');
    const done = await browser.submit(again, 'Create account', details);
    expect(done.url).toMatch(/\/console\?done=welcome$/);
    expect(textOf(done.html)).toContain('Acme');
    expect(await logins()).toEqual([expect.not.stringContaining(nobody), expect.not.stringContaining(nobody)]);
    expect((await new HttpBrowser().get(link)).status).toBe(410);
    expect((await new HttpBrowser().get(link.slice(0, -2))).status).not.toBe(200);
  });

  it('makes the first operator of the BOOTSTRAP_ variables, once', async () => {
    const on = await database(kind);
    const first = await start(on, BOOTSTRAP);
    expect(first.output()).not.toContain('/console/setup?token=');
    expect((await logIn(first)).page.url).toBe(`${first.origin}/console`);
    expect(await first.kill('SIGTERM')).toBe(0);
    const second = await start(on, {
      ...BOOTSTRAP,
      BOOTSTRAP_PASSWORD: 'another password',
      PORT: new URL(first.origin).port,
    });
    expect(second.output()).toContain('ignored');
    expect((await logIn(second)).page.url).toBe(`${second.origin}/console`);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'ended by %s, a second start finds everything where it was',
    async (signal) => {
      const on = await database(kind);
      const first = await start(on, BOOTSTRAP);
      const { browser } = await logIn(first);
      const client = await OAuthClient.register(first.origin);
      const ann = {
        email: 'ann@example.com',
        password: PASSWORD,
        organizationId: await organizationOf(browser, first),
      } as Person;
      const old = await client.connect(ann, { browser });
      const tokens = (await client.refresh(old.refresh_token)).json as unknown as typeof old;
      const made = await callMcp(first.origin, tokens.access_token, 'tools/call', {
        name: 'create_project',
        arguments: { name: 'Kept' },
      });
      expect(made.status).toBe(200);
      expect(await first.kill(signal)).toBe(signal === 'SIGKILL' ? null : 0);
      const second = await start(on, { PORT: new URL(first.origin).port });
      // The session, the access token, the refresh token, the project: all acknowledged, all there.
      expect((await browser.get(`${second.origin}/console`)).url).toBe(`${second.origin}/console`);
      expect(
        JSON.stringify(
          (await callMcp(second.origin, tokens.access_token, 'tools/call', { name: 'list_projects', arguments: {} }))
            .json,
        ),
      ).toContain('Kept');
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
      // F12: what was used before the restart is still known to be used.
      expect((await client.refresh(old.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    },
    60_000,
  );

  it('does not mint new keys when the secret is another: it says so', async () => {
    const on = await database(kind);
    const first = await start(on);
    await first.kill('SIGTERM');
    expectSentence(
      await failedStart({ ...on.variables, SECRETS: 'another secret of more than thirty-two characters' }),
      /sealed under another secret/,
    );
    const both = await start(on, {
      SECRETS: `another secret of more than thirty-two characters,${'a secret that only the tests have and that is long enough'}`,
    });
    expect(both.output()).toContain('is ready');
  });
});

describe('a start that cannot be', () => {
  it('names every wrong variable at once', async () => {
    const { code, said } = await failedStart({
      PORT: 'many',
      PUBLIC_URL: 'http://auth.example/path',
      DATABASE_URL: 'mysql://x',
      SECRETS: 'short',
      ACCESS_TOKEN_LIFETIME: '1',
      REFRESH_TOKEN_LIFETIME: '-5',
      MIGRATE: 'maybe',
      RATE_LIMITS: 'some',
      TRUSTED_PROXIES: 'nobody',
      PRIVATE_USE_REDIRECT_URIS: 'javascript:',
      MCP_ORIGINS: 'https://app.example/path',
      BOOTSTRAP_EMAIL: 'ann@example.com',
    });
    expect(code).toBe(1);
    for (const name of [
      'PORT',
      'PUBLIC_URL',
      'DATABASE_URL',
      'SECRETS',
      'ACCESS_TOKEN_LIFETIME',
      'REFRESH_TOKEN_LIFETIME',
      'MIGRATE',
      'RATE_LIMITS',
      'TRUSTED_PROXIES',
      'PRIVATE_USE_REDIRECT_URIS',
      'MCP_ORIGINS',
      'BOOTSTRAP_PASSWORD',
    ]) {
      expect(said).toMatch(new RegExp(`^ {2}.*${name}`, 'm'));
    }
    expect(said).not.toMatch(/\n\s+at /);
  });

  it('in production, without a secret', async () => {
    const { code, said } = await failedStart({ NODE_ENV: 'production', SECRETS: '' });
    expect(code).toBe(1);
    expect(said).toContain('SECRETS is missing');
  });

  it('because an insecure address is public', async () => {
    expect((await failedStart({ PUBLIC_URL: 'http://auth.example' })).said).toContain('PUBLIC_URL must be https');
  });

  it('because the port is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    left.push(async () => holder.close());
    const { port } = holder.address() as { port: number };
    const on = await database('embedded');
    expectSentence(await failedStart({ ...on.variables, PORT: String(port) }), new RegExp(`Port ${port} is taken`));
    // And the data folder is free again.
    expect(existsSync(join(on.variables['DATA_DIR']!, 'server.lock'))).toBe(false);
  });

  it('because the database cannot be reached, refuses us, or is not there', async () => {
    const { url } = await database('postgres');
    const other = (change: (url: URL) => void) => {
      const changed = new URL(url!);
      change(changed);
      return changed.href;
    };
    expectSentence(await failedStart({ DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }), /cannot be reached/);
    expectSentence(await failedStart({ DATABASE_URL: other((one) => (one.pathname = '/nothere')) }), /does not exist/);
    expectSentence(
      await failedStart({ DATABASE_URL: other((one) => (one.username = 'stranger')) }),
      /refused the user/,
    );
    expectSentence(await failedStart({ DATABASE_URL: url!, MIGRATE: 'false' }), /Run `npm run cli -- migrate`/);
  });

  it('because another server has the data folder', async () => {
    const on = await database('embedded');
    const first = await start(on);
    expectSentence(await failedStart(on.variables), new RegExp(`already in use by process ${first.child.pid}`));
    expect((await fetch(`${first.origin}/health/ready`)).status).toBe(200);
  });

  it('because the data folder cannot be one', async () => {
    const on = await database('embedded');
    const file = join(on.variables['DATA_DIR']!, 'file');
    writeFileSync(file, '');
    const { code, said } = await failedStart({ DATA_DIR: file });
    expect(code).toBe(1);
    expect(said).toContain('cannot be written');
  });

  it('because the first operator cannot be made', async () => {
    const on = await database('postgres');
    expectSentence(await failedStart({ ...on.variables, ...BOOTSTRAP, BOOTSTRAP_EMAIL: 'nonsense' }), /BOOTSTRAP_/);
  });
});

describe('the data folder', () => {
  it('holds the development secret, for its owner alone', async () => {
    const on = await database('embedded');
    const first = await start(on, { SECRETS: '' });
    const file = join(on.variables['DATA_DIR']!, 'secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file, 'utf8');
    expect(secret.length).toBeGreaterThanOrEqual(64);
    await first.kill('SIGTERM');
    const second = await start(on, { SECRETS: '' });
    expect(readFileSync(file, 'utf8')).toBe(secret);
    expect(second.output()).toContain('is ready');
  });

  it('is taken over from a server that was killed', async () => {
    const on = await database('embedded');
    const first = await start(on);
    await first.kill('SIGKILL');
    expect(existsSync(join(on.variables['DATA_DIR']!, 'server.lock'))).toBe(true);
    expect((await start(on)).output()).toContain('is ready');
  });
});

async function organizationOf(browser: HttpBrowser, node: ServerProcess): Promise<string> {
  const client = await OAuthClient.register(node.origin);
  const page = await browser.get(client.authorizeUrl());
  return /name="organization"[^>]*value="([0-9a-f-]{36})"/.exec(page.html)![1]!;
}
