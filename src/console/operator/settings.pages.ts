import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface SettingsModel extends ConsoleModel {
  readonly settings: readonly {
    readonly name: string;
    readonly value: Words;
    /** By the environment; otherwise it is the default. */
    readonly given: boolean;
    readonly what: Text;
  }[];
}
export const SETTINGS_PAGE = definePage<SettingsModel>('console/settings', CONSOLE);
