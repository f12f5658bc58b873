import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Policies } from '../../../src/database/repositories/policies.repository.js';
import { UserStanding } from '../../../src/database/repositories/user-standing.repository.js';
import { Users } from '../../../src/database/repositories/users.repository.js';
import { Revocations } from '../../../src/grants/revocations.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { HttpBrowser } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { callMcp, OAuthClient, type Tokens } from '../../support/oauth-client.js';
import { addPerson, PASSWORD, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';

const STRONG = 'violet anchor seventeen pelicans';

describe.each(BOTH_DATABASES)('what ends a connection is known at its own node at once, on %s', (database) => {
  let server: TestServer;
  let mailbox: Mailbox;
  let root: Person;
  let serial = 0;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    server = await startServer({ database, variables: { ...mailbox.variables, RATE_LIMITS: 'off' } });
    root = await addPerson(server.app, 'root@example.com');
    await server.query('UPDATE users SET operator = true WHERE id = $1', [root.id]);
  });
  afterAll(async () => {
    await server?.close();
    await mailbox?.close();
  });

  /** Meanwhile this node learns of nothing but what it does itself. */
  const alone = async (work: () => Promise<void>) => {
    const revocations = server.app.get(Revocations, { strict: false });
    revocations.onApplicationShutdown();
    await work().finally(() => revocations.onModuleInit());
  };
  const at = (path: string) => server.origin + path;
  const statusOf = async ({ access_token }: Tokens) => (await callMcp(server.origin, access_token)).status;
  const enter = async ({ email }: Person) => {
    const browser = new HttpBrowser();
    await browser.submit(await browser.get(at('/console/login')), 'Log in', { email, password: PASSWORD });
    return browser;
  };
  const somebody = async () => {
    const person = await addPerson(server.app, `p${++serial}@example.com`, { into: root.organizationId });
    const client = await OAuthClient.register(server.origin);
    return { person, client, tokens: await client.connect(person) };
  };
  const send = async (who: Person, path: string, button: string, fields: Record<string, string>) => {
    const browser = await enter(who);
    const page = await browser.get(at(path));
    return async () => expect((await browser.submit(page, button, fields)).status).toBe(200);
  };

  type Act = (of: Awaited<ReturnType<typeof somebody>>) => Promise<() => Promise<unknown>>;
  const ACTS: Record<string, Act> = {
    'password changed': ({ person }) =>
      send(person, '/console/account', 'Change the password', { current: PASSWORD, password: STRONG }),
    'password reset by mail': async ({ person }) => {
      const browser = new HttpBrowser();
      const { email } = person;
      await browser.submit(await browser.get(at('/console/forgot-password')), 'Send the link', { email });
      const page = await browser.get((await mailbox.next(email)).link);
      return () => browser.submit(page, 'Save the password', { password: STRONG });
    },
    'account deleted': ({ person }) =>
      send(person, '/console/account/delete', 'Delete my account', { confirm: person.email, password: PASSWORD }),
    'place left': ({ person }) =>
      send(person, `/console/organizations/${root.organizationId}/members/${person.id}/remove`, 'Leave', {
        confirm: 'Acme',
      }),
    'member removed': ({ person }) =>
      send(root, `/console/organizations/${root.organizationId}/members/${person.id}/remove`, 'Remove', {
        confirm: person.email,
      }),
    'person disabled': async ({ person }) => {
      const standing = server.app.get(UserStanding, { strict: false });
      return () => standing.disable(person.id, server.clock.now());
    },
    'every connection ended by an administrator': ({ person }) =>
      send(
        root,
        `/console/organizations/${root.organizationId}/connections/end?person=${person.id}`,
        'End 1 connection',
        {
          name: 'Acme',
        },
      ),
    'tool denied by policy': async ({ client }) => {
      const policies = server.app.get(Policies, { strict: false });
      const { version } = await policies.read(root.organizationId);
      const tool = client.registered.client_id;
      const change = {
        tool,
        people: 'everybody',
        becomes: { verdict: 'deny', ceiling: null, expiresAt: null },
      } as const;
      const asked = { organizationId: root.organizationId, change, version, by: root.id };
      return () => policies.save(asked, server.clock.now());
    },
    'token revoked by the tool':
      async ({ client, tokens }) =>
      () =>
        client.revoke(tokens.access_token),
  };

  it.each(Object.entries(ACTS))('J11 %s', async (_, act) => {
    const one = await somebody();
    const perform = await act(one);
    expect(await statusOf(one.tokens)).toBe(200);
    await alone(async () => {
      await perform();
      expect(await statusOf(one.tokens)).toBe(401);
    });
  });

  it('an act that fails ends nothing', async () => {
    const { person, tokens } = await somebody();
    const users = server.app.get(Users, { strict: false });
    const { passwordHash } = (await users.find(person.id))!;
    const change = { userId: person.id, from: passwordHash, to: passwordHash, tools: true };
    await server.query(
      `ALTER TABLE audit_events ADD CONSTRAINT none_changes CHECK (action <> 'user.password_changed') NOT VALID`,
    );
    await alone(async () => {
      await expect(users.changePassword(change, server.clock.now())).rejects.toThrow('none_changes');
      expect(await statusOf(tokens)).toBe(200);
    });
    await server.query('ALTER TABLE audit_events DROP CONSTRAINT none_changes');
  });
});
