import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface StorageModel extends ConsoleModel {
  readonly tables: readonly {
    readonly name: string;
    /** How many rows, how much room, how it grows. */
    readonly facts: Text;
    readonly what: Words;
    /** Undefined: nothing sweeps it. */
    readonly sweep: { readonly last: Moment | undefined; readonly removed: number; readonly all: number } | undefined;
  }[];
  readonly size: string;
}
export const STORAGE_PAGE = definePage<StorageModel>('console/storage', CONSOLE);
