import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { FirstOperator } from '../src/accounts/first-operator.service.js';
import { RegisteredClients } from '../src/clients/registered-clients.js';
import { launchBrowser } from './support/browser.js';
import { Mailbox } from './support/mailbox.js';
import { Internet } from './support/internet.js';
import { OAuthClient } from './support/oauth-client.js';
import { declareResource, FILES } from './support/resource-servers.js';
import { addPerson, PASSWORD, type Person } from './support/people.js';
import { startServer, type TestServer } from './support/server.js';

/** Pictures of every page, in light and dark, wide and narrow: `npm run screenshots`. */
const FOLDER = join(process.cwd(), 'docs/screenshots');
const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { colorScheme, name: `${colorScheme}-wide`, viewport: { width: 1280, height: 860 } },
  { colorScheme, name: `${colorScheme}-narrow`, viewport: { width: 320, height: 640 } },
]);

const PUBLISHED = 'https://tool.example/client.json';
let mailbox: Mailbox;
let internet: Internet;
let server: TestServer;
let browser: Browser;
let ann: Person;
let setupLink: string;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  mailbox = await Mailbox.open();
  internet = await Internet.open(['tool.example']);
  internet.publish(PUBLISHED, {
    client_id: PUBLISHED,
    client_name: 'Notes',
    redirect_uris: ['https://tool.example/cb'],
  });
  server = await startServer({
    variables: { RATE_LIMITS: 'off', SIGN_UP: 'open', ...mailbox.variables },
    outbound: internet,
  });
  await declareResource(server);
  setupLink = (await server.app.get(FirstOperator, { strict: false }).setupLink())!;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  internet?.close();
  await mailbox?.close();
});

it('takes the setup page, while there is nobody', async () => {
  for (const look of LOOKS)
    await withPage(look, async (page, shoot) => {
      await page.goto(setupLink);
      await shoot('setup');
    });
}, 120_000);

it.each(LOOKS)(
  'takes the others, $name',
  (look) =>
    withPage(look, async (page, shoot) => {
      await flow(page, shoot);
      // A page that has tried to open an application stays busy with that in headless Chromium.
      const another = await page.context().newPage();
      await console_(another, async (what) => shoot(what, another));
    }),
  240_000,
);

type Shoot = (what: string, of?: Page) => Promise<void>;

/** Pages that answer a form once: they cannot be looked at again in the other language. */
const ONCE = ['return'];

async function withPage(
  { name, colorScheme, viewport }: (typeof LOOKS)[number],
  work: (page: Page, shoot: Shoot) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport, locale: 'en' });
  const page = await context.newPage();
  const speak = (value: string) => context.addCookies([{ name: 'bkend-locale', value, url: server.origin }]);
  await work(page, async (what, of = page) => {
    const shot = (file: string) => of.screenshot({ path: join(FOLDER, `${file}.png`), fullPage: true });
    await shot(`${what}-${name}`);
    if (ONCE.includes(what)) return;
    await speak('ko');
    await of.reload();
    await shot(`${what}-ko-${name}`);
    await speak('en');
    await of.reload();
  });
  await context.close();
}

/** Each look has people of its own. */
const NAMES = ['ann', 'bob', 'carla', 'dan', 'eve', 'finn', 'gina', 'hugo', 'iris', 'jan', 'kim', 'leo'];
const somebody = () => `${NAMES.shift()!}@example.com`;

async function flow(page: Page, shoot: Shoot): Promise<void> {
  const person = await addPerson(server.app, somebody(), {
    organization: 'Acme Studio',
  });
  await addPerson(server.app, somebody(), {
    into: person.organizationId,
  });
  const none = await addPerson(server.app, somebody(), { none: true });
  const claude = await OAuthClient.register(server.origin, {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback'],
  });
  await page.goto(
    claude.authorizeUrl({
      redirect_uri: 'http://localhost:51004/callback',
      scope: 'organization:read projects:write offline_access',
    }),
  );
  await shoot('login');
  await logIn(page, none.email, 'wrong password');
  await shoot('login-wrong');
  await logIn(page, none.email, PASSWORD);
  await shoot('organization-none');
  await page.getByRole('button', { name: 'Not you?' }).click();
  await logIn(page, person.email, PASSWORD);
  await shoot('organization');
  await page.getByRole('button', { name: 'Continue' }).click();
  await shoot('approve');
  const approval = page.url();
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.waitForURL(/chrome-error/).catch(() => undefined);
  await page.goto(approval);
  await shoot('answered');
  const cursor = await OAuthClient.register(server.origin, {
    client_name: 'Cursor',
    redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'],
  });
  await page.goto(cursor.authorizeUrl());
  await page.getByRole('button', { name: 'Continue' }).click();
  await shoot('approve-application');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('you can close this tab').waitFor();
  await shoot('return');
  await grades(page, shoot);
  await page.goto(`${server.origin}/mcp/oauth/authorize?client_id=dyn-unknown`);
  await shoot('error');
  ann = person;
  await claude.again().connect(person);
  await page.context().clearCookies();
}

/** The same question, asked by tools whose names can be trusted to different degrees. */
async function grades(page: Page, shoot: Shoot): Promise<void> {
  const redirect_uris = ['https://desk.example/cb'];
  const details = { name: 'Acme Desk', redirectUris: redirect_uris, authMethod: 'none', trusted: false } as const;
  const { clientId } = await server.app.get(RegisteredClients, { strict: false }).register(details);
  const registered = new OAuthClient(server.origin, { client_id: clientId, redirect_uris });
  const published = new OAuthClient(server.origin, {
    client_id: PUBLISHED,
    redirect_uris: ['https://tool.example/cb'],
  });
  const imitation = await OAuthClient.register(server.origin, {
    client_name: 'Acme D3sk',
    redirect_uris: ['https://evil.example/cb'],
  });
  for (const [client, what, resource] of [
    [registered, 'approve-registered', undefined],
    [published, 'approve-verified-domain', undefined],
    [imitation, 'approve-imitation', undefined],
    [published, 'approve-resource', FILES],
  ] as const) {
    const another = await page.context().newPage();
    await another.goto(client.authorizeUrl({ resource }));
    await another.getByRole('button', { name: 'Continue' }).click();
    await another.getByRole('button', { name: 'Approve' }).waitFor();
    await shoot(what, another);
    await another.close();
  }
}

async function console_(page: Page, shoot: Shoot): Promise<void> {
  await page.goto(`${server.origin}/console/login`);
  await shoot('console-login');
  await page.goto(`${server.origin}/console/forgot-password`);
  await shoot('forgot-password');
  await page.goto(`${server.origin}/console/sign-up`);
  await shoot('sign-up');
  await page.getByRole('textbox', { name: 'Email' }).fill(`new-${ann.email}`);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await shoot('mail-sent');
  await page.goto((await mailbox.next(`new-${ann.email}`)).link);
  await shoot('sign-up-finish');
  await page.goto(`${server.origin}/console/forgot-password`);
  await page.getByRole('textbox', { name: 'Email' }).fill(ann.email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.goto((await mailbox.next(ann.email)).link);
  await shoot('reset-password');
  await page.goto(`${server.origin}/console/login`);
  await logIn(page, ann.email, ann.password);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await shoot('overview');
  await page.goto(`${server.origin}/console/account`);
  await shoot('account');
  await page.goto(`${server.origin}/console/account/delete`);
  await shoot('delete-account');
  await page.goto(`${server.origin}/console/connections`);
  await shoot('connections');
  await page
    .getByRole('link', { name: /Disconnect/ })
    .first()
    .click();
  await shoot('disconnect');
  await page.goto(`${server.origin}/console/organizations`);
  await shoot('organizations');
  const members = `${server.origin}/console/organizations/${ann.organizationId}/members`;
  await page.goto(members.replace('/members', '/connections'));
  await shoot('organization-connections');
  await page.goto(members.replace('/members', '/connections/end?everything=1'));
  await shoot('end-connections');
  await page.goto(members.replace('/members', '/audit'));
  await shoot('audit');
  await page.goto(members);
  await page.getByRole('textbox', { name: 'Email' }).fill(`guest-${ann.email}`);
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await page.goto(members);
  await shoot('members');
  await page
    .getByRole('link', { name: /^Remove/ })
    .first()
    .click();
  await shoot('remove-member');
  const { link } = await mailbox.next(`guest-${ann.email}`);
  await page.context().clearCookies({ name: 'bkend-session' });
  await page.goto(link);
  await shoot('invitation');
  await page.goto(`${server.origin}/console/login`);
  await logIn(page, ann.email, ann.password);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await server.query('UPDATE users SET operator = true WHERE email = $1', [ann.email]);
  await page.goto(`${server.origin}/console/operator/outbox`);
  await shoot('outbox');
  await page.goto(`${server.origin}/console/projects`);
  await shoot('projects-none');
  for (const project of ['Website', 'Mobile app']) {
    await page.getByRole('textbox', { name: 'Project name' }).fill(project);
    await page.getByRole('button', { name: 'Create project' }).click();
  }
  await shoot('projects');
  await page
    .getByRole('link', { name: /Delete/ })
    .first()
    .click();
  await shoot('delete-project');
}

async function logIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}
