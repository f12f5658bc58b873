import { readdirSync } from 'node:fs';
import { FirstOperator } from '../../src/accounts/first-operator.service.js';
import type { FormWalk } from './form-walk.js';
import { HttpBrowser, type WebForm, type WebPage } from './http-browser.js';
import { Mailbox } from './mailbox.js';
import { addPerson, PASSWORD, type Person } from './people.js';
import { startServer, type TestServer } from './server.js';

/** A server that somebody has used in every way there is: the pages they saw, and the forms that act for them. */
export interface Walked {
  readonly server: TestServer;
  readonly person: Person;
  /** Where the person is logged in. */
  readonly browser: HttpBrowser;
  readonly pages: readonly WebPage[];
  readonly forms: readonly { page: WebPage; form: WebForm }[];
  close(): Promise<void>;
}

/** Does every walk of `test/walks`: the console's first, those of further areas after it. */
export async function walkEverywhere(): Promise<Walked> {
  const mailbox = await Mailbox.open();
  const server = await startServer({
    database: 'postgres',
    variables: { RATE_LIMITS: 'off', SIGN_UP: 'open', ...mailbox.variables },
  });
  const browser = new HttpBrowser();
  const setupLink = (await server.app.get(FirstOperator, { strict: false }).setupLink())!;
  const pages = [await browser.get(setupLink)];
  const person = await addPerson(server.app, 'ann@example.com');
  for (const file of ['console.ts', ...readdirSync('test/walks').filter((name) => name !== 'console.ts')]) {
    const { walk } = (await import(`../walks/${file}`)) as { walk: FormWalk };
    pages.push(...(await walk({ server, browser, person, mailbox })));
  }
  for (const page of pages.slice()) {
    for (const [, href] of page.html.matchAll(/href="(\/console\/[^"]+\/(?:disconnect|delete))"/g))
      pages.push(await browser.get(server.origin + href));
  }
  const forms = pages.flatMap((page) =>
    page.forms.filter(({ method }) => method === 'post').map((form) => ({ page, form })),
  );
  const close = async () => {
    await server.close();
    await mailbox.close();
  };
  return { server, person, browser, pages, forms, close };
}

/** Logs in at the console. */
export async function enter({ origin }: TestServer, { email }: Pick<Person, 'email'>): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.submit(await browser.get(`${origin}/console/login`), 'Log in', { email, password: PASSWORD });
  return browser;
}

/** The token of forms in this browser. */
export async function csrfOf({ origin }: TestServer, browser: HttpBrowser): Promise<string> {
  const { forms } = await browser.get(`${origin}/console`);
  return forms[0]!.fields.find(({ name }) => name === 'csrf')!.value;
}
