import type { HttpBrowser, WebPage } from './http-browser.js';
import type { Mailbox } from './mailbox.js';
import type { Person } from './people.js';
import type { TestServer } from './server.js';

/**
 * Every page of an area that has a form, with something to act upon. Files of `test/walks` have it by the name `walk`.
 */
export type FormWalk = (stage: {
  readonly server: TestServer;
  /** Where the person is logged in, once the console's walk is over. */
  readonly browser: HttpBrowser;
  /** Owner of an organization. */
  readonly person: Person;
  readonly mailbox: Mailbox;
}) => Promise<WebPage[]>;
