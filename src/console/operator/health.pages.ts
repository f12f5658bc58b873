import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface HealthModel extends ConsoleModel {
  /** What somebody should do something about. */
  readonly attention: readonly { readonly what: Text; readonly href: string | undefined }[];
  readonly facts: readonly { readonly name: Text; readonly value: Words }[];
  readonly started: Moment;
}
export const HEALTH_PAGE = definePage<HealthModel>('console/health', { ...CONSOLE, script: 'live' });
