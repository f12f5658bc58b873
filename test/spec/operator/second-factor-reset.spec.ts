import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BOTH_DATABASES } from '../../support/databases.js';
import { type HttpBrowser } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

describe.each(BOTH_DATABASES)('a second factor that an operator resets, on %s', (database) => {
  let mailbox: Mailbox;
  let server: TestServer;
  let operator: Person;
  let browser: HttpBrowser;
  beforeAll(async () => {
    mailbox = await Mailbox.open();
    server = await startServer({ database, variables: { RATE_LIMITS: 'off', ...mailbox.variables } });
    operator = await addPerson(server.app, 'operator@example.com');
    await server.query('UPDATE users SET operator = true');
    browser = await enter(server, operator);
  });
  afterAll(async () => {
    await server?.close();
    await mailbox?.close();
  });

  const guarded = async (name: string, locale: string | null) => {
    const person = await addPerson(server.app, `${name}@example.com`);
    await server.query('UPDATE users SET locale = $2 WHERE id = $1', [person.id, locale]);
    await server.query(
      `INSERT INTO authenticator_apps (user_id, sealed_secret, last_step, created_at, last_used_at) VALUES ($1, 'x', 0, $2, $2)`,
      [person.id, server.clock.now()],
    );
    return person;
  };
  const reset = async ({ id, email }: Person, typed = email) => {
    const asked = await browser.get(`${server.origin}/console/operator/people/${id}/reset-second-factor`);
    return browser.submit(asked, 'Reset second factor', { confirm: typed });
  };

  it('is told to its owner: by whom, when, and what to do who did not ask for it', async () => {
    const ann = await guarded('ann', 'en');
    const at = server.clock.now().toISOString().slice(0, 16).replace('T', ' ');
    await reset(ann);
    const { mail, link } = await mailbox.next(ann.email);
    expect(mail.subject).toBe('The security of your account');
    expect(link).toBe(`${server.origin}/console/account/security`);
    const html = String(mail.html).replace(/&quot;/g, '"');
    for (const form of [mail.text!, html]) {
      expect(form).toContain(`An operator of this server reset the second factor of your account, on ${at} UTC`);
      expect(form).toContain('If you did not ask for this, choose a new password now, by "Forgot password?"');
      expect(form).toContain('tell whoever runs the server at once');
    }
  });

  it('in the language of the owner, not of the operator', async () => {
    const bo = await guarded('bo', 'ko');
    await reset(bo);
    const { mail } = await mailbox.next(bo.email);
    expect([mail.subject, mail.text]).toEqual(['계정의 보안', expect.stringContaining('서버의 운영자가')]);
    expect(String(mail.html)).toContain('<html lang="ko">');
    expect(mail.text).toContain('요청한 적이 없다면');
  });

  it('is told once, and to nobody when nothing was reset', async () => {
    const cy = await guarded('cy', null);
    expect((await reset(cy, 'another@example.com')).status).toBe(400);
    const asked = await browser.get(`${server.origin}/console/operator/people/${cy.id}/reset-second-factor`);
    const twice = await Promise.all(
      [1, 2].map(() => browser.submit(asked, 'Reset second factor', { confirm: cy.email })),
    );
    expect(twice.map(({ status }) => status).toSorted()).toEqual([200, 404]);
    await mailbox.next(cy.email);
    await reset(await guarded('last', null));
    await mailbox.next('last@example.com');
    expect(mailbox.mails).toEqual([]);
  });
});
