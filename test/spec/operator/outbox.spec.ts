import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { Outbox } from '../../../src/mail/outbox.js';
import { EN } from '../../../src/texts/en/index.js';
import { text } from '../../../src/texts/text.js';
import { type HttpBrowser, textOf, type WebPage } from '../../support/http-browser.js';
import { Mailbox } from '../../support/mailbox.js';
import { addPerson, type Person } from '../../support/people.js';
import { startServer, type TestServer } from '../../support/server.js';
import { enter } from '../../support/walked.js';

const PASSWORD_OF_MAIL = 'p@ss/word:of?mail';

let server: TestServer | undefined;
let mailbox: Mailbox | undefined;
let operator: Person;
let browser: HttpBrowser;
afterEach(async () => {
  await server?.close();
  await mailbox?.close();
  [server, mailbox] = [undefined, undefined];
});

async function open(variables: Record<string, string>): Promise<TestServer> {
  server = await startServer({ variables: { RATE_LIMITS: 'off', ...variables } });
  operator = await addPerson(server.app, 'operator@example.com');
  await server.query('UPDATE users SET operator = true');
  browser = await enter(server, operator);
  return server;
}
const outbox = (query = '') => browser.get(`${server!.origin}/console/operator/outbox${query}`);
const rows = ({ html }: WebPage) => [...html.matchAll(/<li class="item">[\s\S]*?<\/li>/g)].map(([row]) => textOf(row));

describe('a test mail', () => {
  it('goes to the operator who asks, and the page says that the mail server took it', async () => {
    mailbox = await Mailbox.open();
    const { origin } = await open(mailbox.variables);
    const page = await browser.submit(await outbox(), 'Send a test mail');
    expect(page.url).toContain('done=test-mail-sent');
    expect(textOf(page.html)).toContain('The mail server took the test mail.');
    const { mail } = await mailbox.next(operator.email);
    expect([mail.subject, mail.text]).toEqual(['A test', expect.stringContaining(`Mail of ${origin} arrives here.`)]);
    expect(rows(page)).toEqual([expect.stringMatching(/^A test sent operator@example\.com · just now$/)]);
  });

  it('that is refused says in whose words, once, and is not offered again', async () => {
    mailbox = await Mailbox.open();
    await open(mailbox.variables);
    mailbox.refusals = 9;
    const page = await browser.submit(await outbox(), 'Send a test mail');
    expect(textOf(page.html)).toMatch(/The test mail could not be sent: .*busy/);
    expect(rows(page)[0]).toMatch(/could not be sent .*busy/);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(mailbox.attempts).toBe(1);
  });

  it('is not there where no mail is sent', async () => {
    await open({});
    const page = await outbox();
    expect(textOf(page.html)).toContain('No SMTP_URL is set: nothing is sent');
    expect(page.html).not.toContain('Send a test mail');
    const csrf = page.forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
    const posted = await browser.post(
      `${server!.origin}/console/operator/outbox/test`,
      new URLSearchParams({ csrf, to: 'somebody@example.com' }),
    );
    expect(posted.status).toBe(404);
  });

  it('is not promised to whoever invites somebody, but where its link is', async () => {
    await open({});
    const members = `${server!.origin}/console/organizations/${operator.organizationId}/members`;
    const sent = { email: 'new@example.com', role: 'member' };
    const page = await browser.submit(await browser.get(members), 'Send the invitation', sent);
    expect(textOf(page.html)).toContain(EN['done.invited-without-mail']);
    expect((await outbox()).html).toContain('/console/invitation?token&#x3D;');
  });

  it('cannot be sent to anybody else, nor by a page of somebody else', async () => {
    mailbox = await Mailbox.open();
    await open(mailbox.variables);
    const page = await outbox();
    const csrf = page.forms.at(-1)!.fields.find(({ name }) => name === 'csrf')!.value;
    const url = `${server!.origin}/console/operator/outbox/test`;
    expect((await browser.post(url, new URLSearchParams({ to: 'ann@example.com' }))).status).toBe(403);
    await browser.post(url, new URLSearchParams({ csrf, to: 'ann@example.com', email: 'ann@example.com' }));
    await mailbox.next(operator.email);
    expect(mailbox.mails).toEqual([]);
  });
});

describe('a mail server that quotes what it was given', () => {
  let echo: Server;
  let port: number;
  beforeAll(async () => {
    // Refuses every log-in, with the whole of it.
    echo = createServer((socket) => {
      socket.write('220 echo\r\n');
      socket.on('data', (chunk) => {
        const said = chunk.toString().trim();
        if (/^EHLO/i.test(said)) socket.write('250-echo\r\n250 AUTH PLAIN\r\n');
        else if (/^AUTH/i.test(said)) socket.write(`535 no: ${said} ${PASSWORD_OF_MAIL}\r\n`);
        else socket.end('221 bye\r\n');
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    port = (echo.address() as { port: number }).port;
  });
  afterAll(() => new Promise((resolve) => echo.close(resolve)));

  it('is repeated without it', async () => {
    await open({
      SMTP_URL: `smtp://relay:${encodeURIComponent(PASSWORD_OF_MAIL)}@127.0.0.1:${port}`,
      MAIL_FROM: 'no-reply@example.com',
    });
    const page = await browser.submit(await outbox(), 'Send a test mail');
    expect(textOf(page.html)).toMatch(/could not be sent: .*535 no: AUTH PLAIN ••• •••/);
    for (const secret of [
      PASSWORD_OF_MAIL,
      encodeURIComponent(PASSWORD_OF_MAIL),
      Buffer.from(PASSWORD_OF_MAIL).toString('base64'),
      Buffer.from(`\0relay\0${PASSWORD_OF_MAIL}`).toString('base64'),
    ])
      expect(page.html).not.toContain(secret);
  });
});

describe('the mails of this node', () => {
  it('are found by address and kind, with both in the address of the page', async () => {
    const { origin } = await open({});
    await addPerson(server!.app, 'ann@example.com');
    const listed = await browser.get(`${origin}/console/operator/people?q=ann`);
    const ann = /people\/([0-9a-f-]{36})/.exec(listed.html)![1]!;
    for (const id of [ann, operator.id])
      await browser.submit(
        await browser.get(`${origin}/console/operator/people/${id}`),
        'Send a link for a new password',
      );
    const subjects = async (query: string) => rows(await outbox(query)).map((row) => /\S+@\S+/.exec(row)![0]);
    expect(await subjects('')).toEqual(['operator@example.com', 'ann@example.com']);
    expect(await subjects('?to=ANN')).toEqual(['ann@example.com']);
    expect(await subjects('?kind=reset')).toHaveLength(2);
    expect(await subjects('?kind=reset&to=operator')).toEqual(['operator@example.com']);
    expect(textOf((await outbox('?to=nobody')).html)).toContain('No mails match.');
    // What no mail is of is no filter.
    for (const odd of ['?kind=nonsense', '?kind=__proto__', '?kind=reset&kind=reset', '?to=a&to=b', '?to=%00'])
      expect([odd, (await outbox(odd)).status]).toEqual([odd, 200]);
  });

  it('come in pages, newest first; what became of them is in the address too', async () => {
    const { app } = await open({});
    const kept = app.get(Outbox, { strict: false });
    for (let n = 1; n <= 130; n++) {
      const mail = {
        to: `p${n}@example.com`,
        locale: 'en',
        subject: text('mail.reset'),
        lead: text('mail.reset'),
        note: text('mail.nobody'),
      } as const;
      kept.add(mail, n % 2 ? 'sent' : 'failed');
    }
    const people = (page: WebPage) => rows(page).map((row) => Number(/p(\d+)@/.exec(row)![1]));
    const linkOf = ({ html }: WebPage, name: string) =>
      new RegExp(`href="([^"]*)">${name}<`).exec(html.replace(/&#x3D;/g, '=').replace(/&amp;/g, '&'))?.[1];
    const through = async (first: WebPage) => {
      const pages = [first];
      for (let next = linkOf(first, 'Earlier mails'); next; next = linkOf(pages.at(-1)!, 'Earlier mails')) {
        // What comes meanwhile moves nothing.
        kept.add({ ...kept.list()[0]!.mail, to: 'p0@example.com' }, 'waiting');
        pages.push(await browser.get(server!.origin + next));
      }
      return pages;
    };
    const newest = (count: number) => Array.from({ length: count }, (_, n) => 130 - n);
    const pages = await through(await outbox());
    expect(pages.map((page) => people(page).length)).toEqual([20, 20, 20, 20, 16]);
    expect(pages.flatMap(people)).toEqual(newest(96));
    expect(people(await browser.get(server!.origin + linkOf(pages[2]!, 'Back to the newest')!))).toContain(0);
    const failed = await through(await outbox('?state=failed&to=P'));
    expect(failed.flatMap(people)).toEqual(
      newest(96)
        .filter((n) => n % 2 === 0)
        .slice(0, failed.flatMap(people).length),
    );
    expect(failed.length).toBeGreaterThan(2);
    const health = await browser.get(`${server!.origin}/console/operator`);
    expect(people(await browser.get(server!.origin + linkOf(health, 'Look')!))).toEqual(people(failed[0]!));
    for (const odd of [
      '?before=x',
      '?before=-1',
      '?before=99999999999999999999',
      '?state=__proto__',
      '?before=1&before=2',
    ])
      expect([odd, (await outbox(odd)).status]).toEqual([odd, 200]);
  });

  it('while there are none, the page says what to do', async () => {
    mailbox = await Mailbox.open();
    await open(mailbox.variables);
    const empty = await outbox();
    expect(textOf(empty.html)).toContain('No mail was sent since this node was started. Send a test mail');
    expect(empty.html.match(/Send a test mail/g)).toHaveLength(1);
    expect(rows(await browser.submit(empty, 'Send a test mail'))).toHaveLength(1);
    await server!.close();
    await open({});
    expect((await outbox()).html).toContain('href="/console/operator/settings">See the settings');
  });

  it('each kind that is sent has a name', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(`src/${file}`, 'utf8'))
      .join('\n');
    const kinds = [...sources.matchAll(/subject: text\('mail\.([a-z-]+)'/g)].map(([, kind]) => `mail-kind.${kind}`);
    expect(new Set(kinds).size).toBeGreaterThan(8);
    expect(kinds.filter((key) => !Object.hasOwn(EN, key))).toEqual([]);
    const named = Object.keys(EN).filter((key) => key.startsWith('mail-kind.'));
    expect(named.filter((key) => !kinds.includes(key))).toEqual([]);
  });
});
