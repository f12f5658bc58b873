import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface KeysModel extends ConsoleModel {
  readonly keys: readonly {
    readonly kid: string;
    readonly stage: Text;
    readonly signs: boolean;
    readonly published: Moment;
    readonly activated: Moment | undefined;
    readonly retired: Moment | undefined;
  }[];
  /** When the next key takes over by itself. */
  readonly rotation: Moment;
}
export const KEYS_PAGE = definePage<KeysModel>('console/keys', CONSOLE);
