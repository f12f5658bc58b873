import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface RequiredFactorModel extends ConsoleModel {
  /** How many connections the change just made ended, and when the last token is dead. */
  readonly ended: Text | undefined;
  readonly failure: Text | undefined;
  readonly here: string;
  readonly required: boolean;
  readonly search: string;
  /** Only members with connections are shown. */
  readonly connected: boolean;
  /** Who has none, and the connections that end when one is required. */
  readonly lacking: readonly {
    readonly userId: string;
    readonly email: string;
    readonly name: string;
    readonly connections: number;
  }[];
  /** Where the next page is, and the first when this is another. */
  readonly more: string | undefined;
  readonly first: string | undefined;
  /** So many have none. */
  readonly total: number;
  /** They do not all fit on a page. */
  readonly searchable: boolean;
  /** The address of its other pages. */
  readonly organization: string;
  /** Of all of them. */
  readonly connections: number;
  /** Whoever looks may decide it. */
  readonly decides: boolean;
  /** Where they prove their own first; undefined when they did. */
  readonly prove: string | undefined;
  /** What has to be typed. */
  readonly word: string;
}
export const REQUIRED_FACTOR_PAGE = definePage<RequiredFactorModel>('console/required-factor', CONSOLE);
