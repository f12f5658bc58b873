import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface RequiredFactorModel extends ConsoleModel {
  /** How many connections the change just made ended, and when the last token is dead. */
  readonly ended: Text | undefined;
  readonly failure: Text | undefined;
  readonly here: string;
  readonly required: boolean;
  /** Who has none, and the connections that end when one is required. */
  readonly lacking: readonly { readonly email: string; readonly name: string; readonly connections: number }[];
  /** So many more have none. */
  readonly others: number;
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
