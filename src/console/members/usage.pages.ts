import { definePage } from '../../http/page.js';
import type { Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';
import type { UsageChart } from '../usage-chart.js';

interface Line {
  readonly name: Words;
  readonly calls: number;
  readonly failures: number;
}

export interface UsageModel extends ConsoleModel {
  /** Where the connections are. */
  readonly connections: string;
  readonly chart: UsageChart;
  readonly clients: readonly Line[];
  readonly people: readonly Line[];
  readonly mcpTools: readonly { readonly name: string; readonly calls: number }[];
}
export const USAGE_PAGE = definePage<UsageModel>('console/usage', CONSOLE);
