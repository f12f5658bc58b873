import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface AuditModel extends ConsoleModel {
  /** The address of this page, without what it filters by. */
  readonly here: string;
  readonly person: string;
  readonly actions: readonly { readonly value: string; readonly label: Text; readonly selected: boolean }[];
  readonly filtered: boolean;
  readonly lines: readonly {
    readonly at: Moment;
    readonly action: Text;
    readonly person: Words;
    /** What it was about, as it was written down. */
    readonly about: string;
  }[];
  readonly more: string | undefined;
  readonly export: string;
}
export const AUDIT_PAGE = definePage<AuditModel>('console/audit', CONSOLE);
