import type { Page } from 'playwright-core';
import { FirstOperator } from '../../src/accounts/first-operator.service.js';
import { Internet } from './internet.js';
import { Mailbox } from './mailbox.js';
import { addPerson, PASSWORD, type Person } from './people.js';
import { declareResource } from './resource-servers.js';
import { startServer, type TestServer } from './server.js';

/** The tool that publishes itself. */
export const PUBLISHED = 'https://tool.example/client.json';

/**
 * Looks at the page as it is, in English, and once more in Korean: `what` names the picture. `again`: what leads to
 * such a page anew, whatever the language, where the one at hand cannot be loaded again (`reload`); it gives the page
 * that shows it. `busy`: the browser itself asks something over it, and takes the keys. `inPassing`: a state that is
 * examined, and too like another for a picture of its own.
 */
export type Shoot = (
  what: string,
  options?: { of?: Page; again?: () => Promise<Page>; busy?: boolean; inPassing?: boolean },
) => Promise<void>;

/** How a page that can be loaded again is done `again`. */
export const reload = (page: Page) => async (): Promise<Page> => {
  await page.reload();
  return page;
};

/** What one walk through pages is done with. */
export interface Scene {
  readonly world: World;
  readonly server: TestServer;
  readonly page: Page;
  readonly shoot: Shoot;
}

/**
 * A walk through the pages of one area that stops wherever there is something to look at; the area's file has it by
 * this name.
 */
export type Walk = (scene: Scene) => Promise<void>;

/** A server with mail, a published tool and another resource, for whoever looks at its pages. */
export class World {
  private people = 0;

  private constructor(
    readonly server: TestServer,
    readonly mailbox: Mailbox,
    readonly internet: Internet,
    /** Good while there is nobody. */
    readonly setupLink: string,
  ) {}

  static async open(): Promise<World> {
    const mailbox = await Mailbox.open();
    const internet = await Internet.open(['tool.example']);
    internet.publish(PUBLISHED, {
      client_id: PUBLISHED,
      client_name: 'Notes',
      redirect_uris: ['https://tool.example/cb'],
    });
    const server = await startServer({
      variables: { RATE_LIMITS: 'off', SIGN_UP: 'open', ...mailbox.variables },
      outbound: internet,
    });
    await declareResource(server);
    const setupLink = (await server.app.get(FirstOperator, { strict: false }).setupLink())!;
    return new World(server, mailbox, internet, setupLink);
  }

  async close(): Promise<void> {
    await this.server.close();
    this.internet.close();
    await this.mailbox.close();
  }

  /** Somebody nobody else is, with an account and an organization. */
  person(name: string, options?: Parameters<typeof addPerson>[2]): Promise<Person> {
    return addPerson(this.server.app, this.address(name), options);
  }

  /** An address that is nobody's. */
  address(name: string): string {
    return `${name}${++this.people === 1 ? '' : this.people}@example.com`;
  }
}

export async function logIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Logs in at the console. */
export async function enterConsole({ page, server }: Scene, { email }: Person): Promise<void> {
  await page.goto(`${server.origin}/console/login`);
  await logIn(page, email);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}
