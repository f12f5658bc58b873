import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Accounts } from '../../../src/accounts/accounts.service.js';
import { LoginThrottle, TooManyAttempts } from '../../../src/accounts/login-throttle.js';
import { MailThrottle } from '../../../src/accounts/mail-throttle.js';
import { Passwords } from '../../../src/accounts/passwords.js';
import { Clock } from '../../../src/config/clock.js';
import { Overload } from '../../../src/config/overload.js';
import { RateLimitStore } from '../../../src/database/rate-limit-store.js';
import { Users } from '../../../src/database/repositories/users.repository.js';
import type { Mail } from '../../../src/mail/mail.js';
import { type Asking, ToolAccess } from '../../../src/policy/tool-access.service.js';
import { startServer, type TestServer } from '../../support/server.js';

const LONG_EMAIL = `${'a'.repeat(64)}@${'b'.repeat(185)}.com`;

describe('what is counted in PostgreSQL', () => {
  let server: TestServer;
  let login: LoginThrottle;
  beforeAll(async () => {
    server = await startServer({ database: 'postgres', variables: { RATE_LIMITS: 'postgres' } });
    login = server.app.get(LoginThrottle, { strict: false });
  });
  afterAll(() => server?.close());

  const rows = () => server.query('SELECT key, points, xmin FROM rate_limits ORDER BY key');
  /** What refused each of so many attempts; undefined: it was heard. */
  const attempts = async (count: number, email: string, address: string) => {
    const refusals: (TooManyAttempts | undefined)[] = [];
    for (let n = 0; n < count; n++)
      refusals.push(
        await login.attempt(email, address).then(
          () => undefined,
          (error: unknown) => {
            expect(error).toBeInstanceOf(TooManyAttempts);
            return error as TooManyAttempts;
          },
        ),
      );
    return refusals;
  };

  it('a refusal is written once; after it the node remembers, and says the same', async () => {
    const refusals = await attempts(101, 'ann@example.com', '192.0.2.1');
    expect(refusals.slice(0, 10)).toEqual(Array(10).fill(undefined));
    expect(refusals.slice(10).map((refusal) => refusal?.first)).toEqual([
      true,
      ...Array<boolean>(89).fill(false),
      true,
    ]);
    const before = await rows();
    expect(before).toHaveLength(2);
    for (const refusal of await attempts(100, 'ann@example.com', '192.0.2.1')) {
      expect(refusal!.first).toBe(false);
      expect(refusal!.retryAfter).toBeGreaterThan(15 * 60 - 60);
      expect(refusal!.retryAfter).toBeLessThanOrEqual(15 * 60);
    }
    expect(await rows()).toEqual(before);
  });

  it('a right password, of an attempt that was heard, ends a refusal', async () => {
    expect((await attempts(11, 'bob@example.com', '192.0.2.2'))[10]).toBeDefined();
    await login.succeeded('bob@example.com', '192.0.2.2');
    expect(await attempts(10, 'bob@example.com', '192.0.2.2')).toEqual(Array(10).fill(undefined));
  });

  it('of the longest address too, each network apart', async () => {
    expect((await attempts(11, LONG_EMAIL, '192.0.2.3'))[10]).toBeDefined();
    expect(await attempts(1, LONG_EMAIL, '192.0.2.4')).toEqual([undefined]);
    await login.succeeded(LONG_EMAIL, '192.0.2.3');
    expect(await attempts(1, LONG_EMAIL, '192.0.2.3')).toEqual([undefined]);
    const mails = server.app.get(MailThrottle, { strict: false });
    for (const allowed of [true, true, true, true, true, false])
      expect(await mails.allows(LONG_EMAIL, '192.0.2.5')).toBe(allowed);
  });

  it('whoever finds the queue of the hashes full has not tried', async () => {
    const passwords = server.app.get(Passwords, { strict: false });
    const hashes: Promise<unknown>[] = [];
    const full = () => {
      try {
        passwords.mustHaveRoom();
        return false;
      } catch {
        return true;
      }
    };
    while (!full()) hashes.push(passwords.hash('x'));
    const before = await rows();
    const accounts = server.app.get(Accounts, { strict: false });
    const carl = { email: 'carl@example.com', address: '192.0.2.6' };
    await expect(accounts.authenticate(carl, 'x')).rejects.toBeInstanceOf(Overload);
    expect(await rows()).toEqual(before);
    await Promise.all(hashes);
    expect(await accounts.authenticate(carl, 'x')).toBeUndefined();
    expect(await rows()).toHaveLength(before.length + 2);
  });

  describe('mails about tools that are asked for', () => {
    const asking = {
      organization: { id: 'o', name: 'Acme' },
      client: { metadata: {} },
      redirectUri: 'http://127.0.0.1/callback',
      scopes: [],
    } as unknown as Asking;
    const toolAccess = (store: RateLimitStore, sent: Mail[]) =>
      new ToolAccess(
        { ask: async () => 'id' } as never,
        { governing: async () => [{ email: LONG_EMAIL, locale: null }] } as never,
        server.app.get(Users, { strict: false }),
        { send: (mail: Mail) => sent.push(mail) } as never,
        server.config,
        server.app.get(Clock, { strict: false }),
        store,
      );

    it('come to the longest address, twenty an hour', async () => {
      const sent: Mail[] = [];
      const access = toolAccess(server.app.get(RateLimitStore, { strict: false }), sent);
      for (let n = 0; n < 21; n++) await access.ask(asking, '');
      expect(sent.map(({ to }) => to)).toEqual(Array(20).fill(LONG_EMAIL));
    });

    it('an outage is no refusal: whoever asked hears of it', async () => {
      const { options } = server.app.get(RateLimitStore, { strict: false });
      const gone = { query: () => Promise.reject(new Error('the database is away')) };
      const access = toolAccess({ options: { ...options, storeClient: gone } }, []);
      await expect(access.ask(asking, '')).rejects.toThrow('away');
    });
  });
});
