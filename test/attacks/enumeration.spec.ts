import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type * as Argon2 from '@node-rs/argon2';
import type { Mailbox as MailboxType } from '../support/mailbox.js';
import type { OAuthClient as OAuthClientType } from '../support/oauth-client.js';
import type { Person } from '../support/people.js';
import type { TestServer } from '../support/server.js';

/** What was hashed and compared, by the cost that the hash itself names. */
const worked: string[] = [];
const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as typeof Argon2;
jest.unstable_mockModule('@node-rs/argon2', () => ({
  ...argon2,
  verify: (...[phc, password, ...rest]: Parameters<typeof argon2.verify>) => {
    worked.push(`verify ${/^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$/.exec(String(phc))?.[0]}`);
    return argon2.verify(phc, password, ...rest);
  },
  hash: (...asked: Parameters<typeof argon2.hash>) => {
    worked.push('hash');
    return argon2.hash(...asked);
  },
}));
// After the line above, so that the server works with what counts.
const { HttpBrowser, textOf } = await import('../support/http-browser.js');
const { Mailbox } = await import('../support/mailbox.js');
const { callMcp, OAuthClient, postForm } = await import('../support/oauth-client.js');
const { expectError } = await import('../support/outcomes.js');
const { addPerson, PASSWORD } = await import('../support/people.js');
const { startServer } = await import('../support/server.js');
const { GUESSES_A_MINUTE } = await import('../../src/http/guess-throttle.js');

const attempt = async (origin: string, email: string, password: string, headers: Record<string, string> = {}) => {
  const browser = new HttpBrowser(headers);
  return browser.submit(await browser.get(`${origin}/console/login`), 'Log in', { email, password });
};

describe('E: who is there, and who guesses', () => {
  let mailbox: MailboxType;
  let server: TestServer;
  let person: Person;
  let serial = 0;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    server = await startServer({
      database: 'postgres',
      variables: { ...mailbox.variables, RATE_LIMITS: 'off', SIGN_UP: 'open' },
    });
  });
  afterAll(async () => {
    await server?.close();
    await mailbox?.close();
  });
  beforeEach(async () => {
    person = await addPerson(server.app, `ann${serial++}@example.com`, { organization: 'Acme' });
  });

  it('E2 E3 whether an account is unknown, disabled, erased or mistyped, one comparison of the same cost is made', async () => {
    const disabled = await addPerson(server.app, `disabled${serial++}@example.com`);
    await server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
    const erased = await addPerson(server.app, `erased${serial++}@example.com`);
    await server.query("UPDATE users SET password_hash = '' WHERE id = $1", [erased.id]);
    const once = 'verify $argon2id$v=19$m=19456,t=2,p=1$';
    const others = [`nobody${serial++}@example.com`, person.email, disabled.email, erased.email];
    for (const email of others) {
      worked.length = 0;
      expect((await attempt(server.origin, email, 'wrong password')).status).toBe(401);
      expect({ email, worked: worked.slice() }).toEqual({ email, worked: [once] });
    }
  });

  it.each(['hunter2', 'dummy', 'password', '', 'undefined', 'null', 'x'])(
    'E3 %j is nobody’s password: the account that is not there has one that nobody knows',
    async (password) => {
      for (const email of [`nobody${serial++}@example.com`, person.email])
        expect((await attempt(server.origin, email, password)).status).toBe(401);
    },
  );

  it('E4 an invitation answers the same for an address that has an account and one that has none', async () => {
    const known = await addPerson(server.app, `known${serial++}@example.com`);
    const browser = new HttpBrowser();
    await browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', {
      email: person.email,
      password: PASSWORD,
    });
    const members = `${server.origin}/console/organizations/${person.organizationId}/members`;
    const answers = [];
    for (const email of [known.email, `nobody${serial++}@example.com`]) {
      const page = await browser.submit(await browser.get(members), 'Send the invitation', { email, role: 'member' });
      answers.push({ status: page.status, text: textOf(page.html).replaceAll(email, 'ADDRESS') });
      await browser.submit(await browser.get(members), `Withdraw ${email}`);
    }
    expect(answers[0]!.status).toBe(200);
    expect(answers[1]).toEqual(answers[0]);
  });

  it.each(['sign-up', 'forgot-password'])(
    'E4 %s answers the same, byte for byte and header for header, whoever the address belongs to',
    async (path) => {
      const disabled = await addPerson(server.app, `disabled${serial++}@example.com`);
      await server.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
      const answers = [];
      for (const email of [person.email, disabled.email, `nobody${serial++}@example.com`]) {
        const browser = new HttpBrowser();
        const page = await browser.submit(await browser.get(`${server.origin}/console/${path}`), 'Send the link', {
          email,
        });
        const headers = [...page.headers].filter(([name]) => !['date', 'content-length'].includes(name));
        answers.push({
          status: page.status,
          url: page.url,
          headers,
          html: page.html.replaceAll(email, 'ADDRESS').replace(/(name="csrf" value=")[^"]+/g, '$1'),
          cookies: [...browser.cookies.keys()],
        });
      }
      expect(answers[0]!.status).toBe(200);
      expect(answers.slice(1)).toEqual([answers[0], answers[0]]);
    },
  );

  it('E8 a disabled account is shut at every door: both log-in forms, its session, code, tokens, reset', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(person);
    const waiting = client.again();
    const { browser, page } = await waiting.toApproval(person);
    const held = client.again();
    const code = await held.code(person);
    await server.query('UPDATE users SET disabled_at = $2 WHERE id = $1', [person.id, server.clock.now()]);

    expect((await attempt(server.origin, person.email, PASSWORD)).status).toBe(401);
    const flow = new HttpBrowser();
    const login = await flow.get(client.again().authorizeUrl());
    expect((await flow.submit(login, 'Log in', { email: person.email, password: PASSWORD })).status).toBe(401);
    expect((await browser.get(`${server.origin}/console`)).url).toContain('/console/login');
    expect((await browser.submit(page, 'Approve')).leftTo).toBeUndefined();
    expectError(await held.exchange(code), 'invalid_grant');
    expectError(await client.refresh(tokens.refresh_token), 'invalid_grant');
    const reset = new HttpBrowser();
    mailbox.mails.length = 0;
    await reset.submit(await reset.get(`${server.origin}/console/forgot-password`), 'Send the link', {
      email: person.email,
    });
    const witness = await addPerson(server.app, `witness${serial++}@example.com`);
    await reset.submit(await reset.get(`${server.origin}/console/forgot-password`), 'Send the link', {
      email: witness.email,
    });
    await mailbox.next(witness.email);
    expect(mailbox.mails).toEqual([]);
  });

  it('E11 500 guesses at codes, refresh tokens and access tokens find nothing, change no row, and disturb nobody', async () => {
    const client = await OAuthClient.register(server.origin);
    const tokens = await client.connect(person);
    const rows = () =>
      server.query('SELECT md5(string_agg(t::text, $1 ORDER BY t::text)) AS digest FROM grants t', ['']);
    const before = await rows();
    const guess = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    for (let round = 0; round < 10; round++)
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const one = guess();
          if (index % 3 === 0) expectError(await client.exchange(one), 'invalid_grant');
          else if (index % 3 === 1) expectError(await client.refresh(one), 'invalid_grant');
          else expect((await callMcp(server.origin, one)).status).toBe(401);
        }),
      );
    expect(await rows()).toEqual(before);
    expect((await callMcp(server.origin, tokens.access_token)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });
});

describe('E11 guessing with RATE_LIMITS on', () => {
  let server: TestServer;
  let person: Person;
  let client: OAuthClientType;
  beforeAll(async () => {
    server = await startServer({ database: 'postgres', variables: { TRUSTED_PROXIES: '127.0.0.1' } });
    person = await addPerson(server.app, 'ann@example.com');
    client = await OAuthClient.register(server.origin);
  });
  afterAll(() => server?.close());
  beforeEach(() => server.clock.advance(60 - ((server.clock.now().getTime() / 1000) % 60)));

  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const mcp = (token: string, headers: Record<string, string>) =>
    postForm(`${server.origin}/mcp`, '{}', { ...headers, authorization: `Bearer ${token}` });
  /** In parts, so that no more of them wait than the server takes. */
  const often = async (times: number, act: (index: number) => Promise<unknown>) => {
    for (let done = 0; done < times; done += 50)
      await Promise.all(Array.from({ length: Math.min(50, times - done) }, (_, index) => act(done + index)));
  };

  it('E11 codes, verifiers, secrets and tokens from one address: 429 for its guesses, and nobody else is concerned', async () => {
    const guesser = from('198.51.100.7');
    const [spared, waiting] = [client.again(), client.again()];
    const tokens = await spared.connect(person);
    const code = await waiting.code(person);
    const confidential = await OAuthClient.register(server.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    const kinds = [
      () => client.exchange(random(), {}, guesser),
      () => client.refresh(random(), {}, guesser),
      () => mcp(`${Buffer.from('{"alg":"ES256","typ":"at+jwt","kid":"x"}').toString('base64url')}.e30.c2ln`, guesser),
      () => confidential.exchange(random(), { client_secret: random() }, guesser),
    ];
    await often(GUESSES_A_MINUTE, async (index) => {
      const { status } = await kinds[index % kinds.length]!();
      expect([index, [400, 401].includes(status)]).toEqual([index, true]);
    });
    const verifier = () => waiting.exchange(code, { code_verifier: 'x'.repeat(43) }, guesser);
    for (const guess of [...kinds, verifier]) {
      const { status, headers, json } = await guess();
      expect([status, json['error']]).toEqual([429, 'temporarily_unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
      expect(headers.get('cache-control')).toBe('no-store');
    }
    // From anywhere else a guess is what it was.
    expectError(await client.exchange(random(), {}, from('203.0.113.1')), 'invalid_grant');
    expect((await mcp('x', from('203.0.113.1'))).status).toBe(401);
    // Who is right is heard, also from the guesser's own address, which tools of many people may share.
    expect((await waiting.exchange(code, {}, guesser)).status).toBe(200);
    expect((await spared.refresh(tokens.refresh_token, {}, guesser)).status).toBe(200);
    // And in the next minute it is heard again.
    server.clock.advance(60);
    expectError(await client.exchange(random(), {}, guesser), 'invalid_grant');
  });

  it('E11 what was given out here is no guess, however often it is presented after its end', async () => {
    const one = client.again();
    const tokens = await one.connect(person);
    await one.revoke(tokens.refresh_token);
    await often(GUESSES_A_MINUTE + 1, async (index) => {
      const answer = await one.refresh(tokens.refresh_token, {}, from('198.51.100.8'));
      expect([index, answer.json['error']]).toEqual([index, 'invalid_grant']);
    });
  });
});

describe('E7 one password tried on many accounts', () => {
  /** One after another, each on another account; which was refused unheard. */
  const spray = async (server: TestServer, from: (index: number) => string) => {
    for (let index = 0; index < 130; index++) {
      const { status } = await attempt(server.origin, `nobody${index}@example.com`, 'Summer2026!', {
        'x-forwarded-for': from(index),
      });
      if (status === 429) return index;
      expect(status).toBe(401);
    }
    return undefined;
  };

  it('is refused after a hundred, whatever X-Forwarded-For says to a server without proxies', async () => {
    const server = await startServer({ database: 'postgres' });
    try {
      expect(await spray(server, (index) => `203.0.113.${index}`)).toBe(100);
    } finally {
      await server.close();
    }
  });

  it('from one IPv6 network, whatever the address in it; and others are still heard', async () => {
    const server = await startServer({ database: 'postgres', variables: { TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      const person = await addPerson(server.app, 'ann@example.com');
      const within = (index: number) => `2001:db8:1:2:${index.toString(16)}::${index.toString(16)}`;
      expect(await spray(server, within)).toBe(100);
      for (const elsewhere of ['2001:db8:1:3::1', '198.51.100.1'])
        expect((await attempt(server.origin, person.email, PASSWORD, { 'x-forwarded-for': elsewhere })).status).toBe(
          200,
        );
      // One account, tried from everywhere in the network, is one account tried from one place.
      const refused = await attempt(server.origin, person.email, PASSWORD, { 'x-forwarded-for': within(9999) });
      expect(refused.status).toBe(429);
    } finally {
      await server.close();
    }
  });
});

describe('E12 the first account', () => {
  it('there is none before somebody makes it, and of several with one link, one does', async () => {
    const server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'off' } });
    try {
      expect(await server.query('SELECT 1 FROM users')).toEqual([]);
      for (const [email, password] of [
        ['admin@example.com', 'admin'],
        ['admin', 'admin'],
        ['root@localhost', 'password'],
      ] as const)
        expect((await attempt(server.origin, email, password)).status).toBe(401);
      const { FirstOperator } = await import('../../src/accounts/first-operator.service.js');
      const link = (await server.app.get(FirstOperator, { strict: false }).setupLink())!;
      const browsers = Array.from({ length: 4 }, () => new HttpBrowser());
      const pages = await Promise.all(browsers.map((browser) => browser.get(link)));
      const answers = await Promise.all(
        browsers.map((browser, index) =>
          browser.submit(pages[index]!, 'Create account', {
            email: `first${index}@example.com`,
            password: PASSWORD,
            organization: 'Acme',
          }),
        ),
      );
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410, 410, 410]);
      expect(await server.query('SELECT operator FROM users')).toEqual([{ operator: true }]);
    } finally {
      await server.close();
    }
  });
});
