import { definePage } from '../../http/page.js';
import type { TextKey, Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';
import type { UsageChart } from '../usage-chart.js';

interface ShareLine {
  readonly name: Words;
  readonly calls: number;
  readonly failures: number;
}

export interface UsageModel extends ConsoleModel {
  /** Where the connections are. */
  readonly connections: string;
  readonly chart: UsageChart;
  readonly clients: readonly ShareLine[];
  readonly people: readonly ShareLine[];
  /** Where all of them are, when these are only the first. */
  readonly allClients: string | undefined;
  readonly allPeople: string | undefined;
  readonly mcpTools: readonly { readonly name: string; readonly calls: number }[];
}
export const USAGE_PAGE = definePage<UsageModel>('console/usage', CONSOLE);

/** All tools, or all people, page by page. */
export interface UsageSharesModel extends ConsoleModel {
  readonly lead: TextKey;
  /** What is counted. */
  readonly whose: TextKey;
  readonly shares: readonly ShareLine[];
  /** Where the next page is, the first when this is another, and the usage of all of them together. */
  readonly more: string | undefined;
  readonly first: string | undefined;
  readonly back: string;
}
export const USAGE_SHARES_PAGE = definePage<UsageSharesModel>('console/usage-shares', CONSOLE);
