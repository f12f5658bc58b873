import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

/** What a program authenticates with, shown this once. */
export interface CredentialsModel extends ConsoleModel {
  readonly lead: Text;
  readonly clientId: string;
  readonly secret: string;
  readonly next: string;
}
export const CREDENTIALS_PAGE = definePage<CredentialsModel>('console/credentials', CONSOLE);
