import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from '../../../src/database/migrations/index.js';
import { BOTH_DATABASES, newDatabase, type TestDatabase } from '../../support/databases.js';
import { runBeside, runCommand } from '../../support/command-line.js';
import { HttpBrowser, textOf } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { PASSWORD } from '../../support/people.js';
import { giveEmailAndPassword, setUpApp } from '../../support/second-factor.js';
import { type ServerProcess, startProcess } from '../../support/server.js';
import { TestClock } from '../../support/test-clock.js';

describe.each(BOTH_DATABASES)('commands beside the running server, on %s', (kind) => {
  let database: TestDatabase;
  let node: ServerProcess;

  beforeAll(async () => {
    database = await newDatabase(kind);
    node = await startProcess(database);
  }, 60_000);
  afterAll(async () => {
    await node?.kill('SIGTERM');
    await database?.remove();
  });

  /** A command blocks this process: let it notice first which kept connections were closed meanwhile. */
  const noticed = () => new Promise((resolve) => setTimeout(resolve, 100));
  beforeEach(noticed);

  const cli = (args: string[], input?: string) =>
    runCommand(database, args, { input, variables: { PUBLIC_URL: node.origin } });
  const succeed = (args: string[], input?: string) => {
    const { status, stdout, stderr } = cli(args, input);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };
  const refused = (args: string[], input?: string) => {
    const { status, stderr } = cli(args, input);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };
  const logIn = async (email: string) => {
    const browser = new HttpBrowser();
    return browser.submit(await browser.get(`${node.origin}/console/login`), 'Log in', { email, password: PASSWORD });
  };

  it('setup-link: a link while there is nobody', async () => {
    const link = succeed(['setup-link']).trim();
    expect(link).toMatch(new RegExp(`^${node.origin}/console/setup\\?token=`));
    expect((await new HttpBrowser().get(link)).status).toBe(200);
    expect(succeed(['user', 'list'])).toContain('no accounts yet');
  });

  it('user create, list, set-password, disable', async () => {
    expect(succeed(['user', 'create', 'Ann@Example.com', '--name', 'Ann', '--operator'], `${PASSWORD}\n`)).toContain(
      'ann@example.com',
    );
    expect(refused(['user', 'create', 'ann@example.com'], `${PASSWORD}\n`)).toContain('already');
    expect(refused(['user', 'create', 'nonsense'], `${PASSWORD}\n`)).toContain('email address');
    expect(refused(['user', 'create', 'bob@example.com'], 'short\n')).toContain('8 characters');
    expect(refused(['user', 'create', 'bob@example.com'], 'password1\n')).toContain('easily guessed');
    expect(refused(['user', 'create', 'bob@example.com'], '')).toContain('standard input');
    expect(refused(['setup-link'])).toContain('accounts already');
    expect(JSON.parse(succeed(['user', 'list', '--json']))).toMatchObject([
      { email: 'ann@example.com', name: 'Ann', operator: true, disabled: null },
    ]);
    expect((await logIn('ann@example.com')).url).toBe(`${node.origin}/console`);
    expect(succeed(['user', 'set-password', 'ann@example.com'], 'a new long password\n')).toContain('logged out');
    expect((await logIn('ann@example.com')).status).toBe(401);
    succeed(['user', 'set-password', 'ann@example.com'], `${PASSWORD}\n`);
    succeed(['user', 'create', 'carl@example.com'], `${PASSWORD}\n`);
    expect(succeed(['user', 'disable', 'carl@example.com'])).toContain('locked out');
    expect(succeed(['user', 'disable', 'carl@example.com'])).toContain('before');
    expect((await logIn('carl@example.com')).status).toBe(401);
    expect(refused(['user', 'disable', 'nobody@example.com'])).toContain('no account');
  });

  it('user reset-second-factor: for somebody who lost it', async () => {
    succeed(['user', 'create', 'lost@example.com'], `${PASSWORD}\n`);
    expect(succeed(['user', 'reset-second-factor', 'lost@example.com'])).toContain('has no second factor');
    const browser = new HttpBrowser();
    const person = { email: 'lost@example.com', password: PASSWORD };
    await giveEmailAndPassword(node, browser, person);
    await setUpApp({ origin: node.origin, clock: new TestClock() }, browser);
    expect(textOf((await logIn('lost@example.com')).html)).toContain('Confirm it is you');
    expect(succeed(['user', 'reset-second-factor', 'LOST@example.com'])).toContain('with the password alone');
    expect((await browser.get(`${node.origin}/console`)).url).toContain('/console/login');
    expect((await logIn('lost@example.com')).url).toBe(`${node.origin}/console`);
    expect(refused(['user', 'reset-second-factor', 'nobody@example.com'])).toContain('no account');
  });

  it('user reset-second-factor: its owner is told by mail, or the operator that they must', async () => {
    const mailbox = await Mailbox.open();
    const email = 'told@example.com';
    succeed(['user', 'create', email], `${PASSWORD}\n`);
    await noticed();
    const lost = async (variables: Record<string, string>) => {
      const browser = new HttpBrowser();
      await giveEmailAndPassword(node, browser, { email, password: PASSWORD });
      await setUpApp({ origin: node.origin, clock: new TestClock() }, browser);
      return runBeside(database, ['user', 'reset-second-factor', email], { PUBLIC_URL: node.origin, ...variables });
    };
    expect(await lost(mailbox.variables)).toContain('A mail tells them.');
    const { mail, link } = await mailbox.next(email);
    expect(mail.text).toContain('An operator of this server reset the second factor of your account');
    expect(link).toBe(`${node.origin}/console/account/security`);
    mailbox.refusals = 1;
    expect(await lost(mailbox.variables)).toMatch(/was not taken \(.*busy.*\): tell them yourself/);
    expect(await lost({})).toContain('SMTP_URL is not set: tell them yourself');
    expect(mailbox.mails).toEqual([]);
    await mailbox.close();
  });

  it('org create, list, add-member', async () => {
    expect(succeed(['org', 'list'])).toContain('no organizations yet');
    const made = succeed(['org', 'create', 'Acme', '--owner', 'ann@example.com']);
    const id = /\(([0-9a-f-]{36})\)/.exec(made)![1]!;
    expect(refused(['org', 'create', '\u200b', '--owner', 'ann@example.com'])).toContain('visible characters');
    expect(refused(['org', 'create', 'X', '--owner', 'nobody@example.com'])).toContain('no account');
    succeed(['user', 'create', 'dora@example.com'], `${PASSWORD}\n`);
    expect(succeed(['org', 'add-member', id, 'dora@example.com', '--role', 'admin'])).toContain('admin');
    expect(refused(['org', 'add-member', id, 'dora@example.com'])).toContain('already');
    expect(refused(['org', 'add-member', 'nonsense', 'dora@example.com'])).toContain('org list');
    expect(refused(['org', 'add-member', '00000000-0000-4000-8000-000000000000', 'dora@example.com'])).toContain(
      'no organization',
    );
    expect(succeed(['org', 'list'])).toContain('Acme');
    expect(textOf((await logIn('dora@example.com')).html)).toContain('Acme');
  });

  it('keys list, rotate', async () => {
    expect(JSON.parse(succeed(['keys', 'list', '--json']))).toMatchObject([{ stage: 'current' }, { stage: 'next' }]);
    expect(refused(['keys', 'rotate'])).toContain('--force');
    expect(succeed(['keys', 'rotate', '--force'])).toContain('Signing with');
    expect(
      succeed(['keys', 'list'])
        .split('\n')
        .filter((line) => line.includes('retired')),
    ).toHaveLength(2);
  });

  it('resource create, change, list, show, rotate-secret, remove', async () => {
    const uri = 'https://files.example.com/mcp';
    const scopes = ['--scope', 'files:read=See your files', 'files:write=Change your files'];
    expect(succeed(['resource', 'list'])).toContain('There are none');
    const made = succeed([
      'resource',
      'create',
      'https://FILES.example.com:443/mcp/',
      '--name=Files',
      ...scopes,
      '--implies=files:write=files:read',
      '--changes=files:write',
      '--admins-only=files:write',
      '--example=files:write=overwrite one',
    ]);
    const [id, secret] = [/client_id +(rs-\S+)/.exec(made)![1]!, /client_secret +(\S+)/.exec(made)![1]!];
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(JSON.parse(succeed(['resource', 'list', '--json']))).toMatchObject([
      { uri, name: 'Files', scopes: 'files:read files:write', client_id: id },
    ]);
    const shown = succeed(['resource', 'show', uri]);
    expect(JSON.parse(shown)).toMatchObject({
      uri,
      connections: 0,
      scopes: [
        { name: 'files:read', kind: 'read', implies: [], roles: ['owner', 'admin', 'member'] },
        { name: 'files:write', kind: 'change', implies: ['files:read'], roles: ['owner', 'admin'] },
      ],
    });
    expect(shown).not.toContain(secret);
    expect(refused(['resource', 'create', uri, '--name', 'Again', ...scopes])).toContain('declared already');
    expect(succeed(['resource', 'change', uri, '--name', 'All files'])).toContain('Changed');
    expect(refused(['resource', 'change', uri])).toContain('Say what to change');
    expect(succeed(['resource', 'rotate-secret', uri])).not.toContain(secret);
    expect(succeed(['resource', 'remove', uri])).toContain('0 connections have ended');
    for (const command of ['show', 'rotate-secret', 'remove'])
      expect(refused(['resource', command, uri])).toContain('No resource is declared');
  });

  it.each([
    ['http://files.example.com/mcp', 'x=Y', 'https (http only'],
    ['ftp://localhost/mcp', 'x=Y', 'https (http only'],
    ['https://files.example.com/mcp?x=1', 'x=Y', 'no query'],
    ['files', 'x=Y', 'Give the URL'],
    ['https://a.example/mcp', 'x', 'takes name=text'],
    ['https://a.example/mcp', 'x y=Y', 'cannot be the name of a scope'],
    ['https://a.example/mcp', 'openid=Y', 'cannot be the name of a scope'],
    ['https://a.example/mcp', 'offline_access=Y', 'cannot be the name of a scope'],
    ['https://a.example/mcp', 'x=\u202eY', 'is not a sentence'],
  ])('resource create %s %s is refused: %s', async (uri, scope, sentence) => {
    expect(refused(['resource', 'create', uri, '--name', 'X', '--scope', scope])).toContain(sentence);
  });

  it('user reset-second-factor: their connections end, for organizations that require one', async () => {
    const person = { email: 'strict@example.com', password: PASSWORD };
    succeed(['user', 'create', person.email], `${PASSWORD}\n`);
    await noticed();
    const browser = new HttpBrowser();
    await giveEmailAndPassword(node, browser, person);
    await setUpApp({ origin: node.origin, clock: new TestClock() }, browser);
    const organization = /\(([0-9a-f-]{36})\)/.exec(succeed(['org', 'create', 'Strict', '--owner', person.email]))![1]!;
    await noticed();
    const required = await browser.get(`${node.origin}/console/organizations/${organization}/second-factor`);
    await browser.submit(required, 'Require a second factor', { confirm: 'Strict' });
    const client = await OAuthClient.register(node.origin);
    const page = await browser.submit(await browser.get(client.authorizeUrl()), 'Continue', { organization });
    expect((await browser.submit(page, 'Approve')).leftTo).toContain('code=');
    expect(succeed(['user', 'reset-second-factor', person.email])).toContain('and 1 of their connections');
  });

  it('client create, list, show, rotate-secret, block, unblock', async () => {
    expect(succeed(['client', 'list'])).toContain('There are none');
    const made = succeed([
      'client',
      'create',
      'Desk',
      '--redirect-uri',
      'https://desk.example/cb',
      '--auth-method',
      'client_secret_basic',
      '--trusted',
    ]);
    const [id, secret] = [/client_id +(reg-\S+)/.exec(made)![1]!, /client_secret +(\S+)/.exec(made)![1]!];
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(refused(['client', 'create', 'X', '--redirect-uri', 'http://x.example/'])).toContain('http is only for');
    expect(refused(['client', 'create', 'X', '--redirect-uri', 'http://localhost/cb', '--trusted'])).toContain(
      'Only a client whose',
    );
    expect(refused(['client', 'create', '\u200b', '--redirect-uri', 'https://x.example/'])).toContain(
      'visible characters',
    );
    expect(JSON.parse(succeed(['client', 'list', '--json']))).toMatchObject([
      { client_id: id, name: 'Desk', identity: 'registered', trusted: true, blocked: null },
    ]);
    const shown = succeed(['client', 'show', id]);
    expect(JSON.parse(shown)).toMatchObject({
      client_id: id,
      redirect_uris: ['https://desk.example/cb'],
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(shown).not.toContain(secret);
    expect(/client_secret +(\S+)/.exec(succeed(['client', 'rotate-secret', id]))![1]).not.toBe(secret);
    expect(refused(['client', 'rotate-secret', 'nobody'])).toContain('client list');
    expect(succeed(['client', 'block', id])).toContain('Blocked');
    expect(succeed(['client', 'block', id])).toContain('before');
    expect(succeed(['client', 'unblock', id])).toContain('may ask again');
    expect(succeed(['client', 'unblock', id])).toContain('was not blocked');
    await noticed();
    const dynamic = (await OAuthClient.register(node.origin)).registered.client_id;
    expect(refused(['client', 'show', dynamic])).toContain('No client of this id');
    expect(succeed(['client', 'block', dynamic])).toContain('Blocked');
    expect(succeed(['client', 'list'])).toContain('self-asserted');
  });

  it('migrate: nothing to do', () => {
    expect(succeed(['migrate'])).toContain('up to date');
  });

  it('used wrongly: says how, with another exit code', () => {
    for (const args of [
      ['nonsense'],
      ['user', 'create'],
      ['org', 'create', 'X'],
      ['org', 'add-member', 'x', 'y', '--role', 'king'],
    ]) {
      const { status, stderr } = cli(args);
      expect({ args, status }).toEqual({ args, status: 2 });
      expect(stderr).toMatch(/usage/i);
    }
    expect(cli(['--help']).status).toBe(0);
  });

  it('audit verify: nothing was changed, and the head tells so later', async () => {
    let printed = '';
    for (let tries = 0; !/^[1-9]/.test(printed); tries++) {
      expect(tries).toBeLessThan(20);
      printed = succeed(['audit', 'verify']);
    }
    const head = /^Head: (\S+)$/m.exec(printed)![1]!;
    expect(succeed(['audit', 'verify', '--head', head])).toContain('none was changed');
    expect(refused(['audit', 'verify', '--head', 'nonsense'])).toContain('must be one that');
    expect(cli(['audit', 'verify', '--head', `9${head}`]).stderr).toContain('does not contain the head that was kept');
  });

  it('the server lives on, whatever was asked at once', async () => {
    const [pages] = await Promise.all([
      Promise.all(Array.from({ length: 40 }, () => fetch(`${node.origin}/health/ready`).then(({ status }) => status))),
      Promise.resolve(succeed(['user', 'list'])),
    ]);
    expect(new Set(pages)).toEqual(new Set([200]));
  });
});

describe('commands without a server', () => {
  it.each(BOTH_DATABASES)(
    'migrate makes the schema, and accounts can be made, on %s',
    async (kind) => {
      const database = await newDatabase(kind);
      try {
        // By the very names of the sources, whatever the bundle calls its classes: another name would be run again.
        expect(runCommand(database, ['migrate']).stdout).toBe(
          `Done: ${MIGRATIONS.map(({ name }) => name).join(', ')}.\n`,
        );
        expect(runCommand(database, ['migrate']).stdout).toContain('up to date');
        expect(runCommand(database, ['user', 'create', 'ann@example.com'], { input: `${PASSWORD}\n` }).status).toBe(0);
        expect(runCommand(database, ['user', 'list']).stdout).toContain('ann@example.com');
      } finally {
        await database.remove();
      }
    },
    60_000,
  );

  it('a wrong configuration is named here too', () => {
    const { status, stderr } = runCommand({ variables: { PORT: 'x' } }, ['user', 'list']);
    expect(status).toBe(1);
    expect(stderr).toContain('PORT');
  });
});
