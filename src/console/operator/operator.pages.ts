import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface OutboxModel extends ConsoleModel {
  readonly failure: Text | undefined;
  readonly to: string;
  readonly kinds: readonly Choice[];
  readonly states: readonly Choice[];
  readonly filtered: boolean;
  /** To whom a test mail goes; undefined: no mail is sent. */
  readonly testTo: string | undefined;
  readonly more: string | undefined;
  /** Where the newest are, when this page has others. */
  readonly first: string | undefined;
  readonly mails: readonly {
    readonly at: Moment;
    readonly to: string;
    readonly subject: Text;
    readonly state: Text;
    readonly failed: boolean;
    /** What an operator has to hand over. */
    readonly link: string | undefined;
    readonly reason: string | undefined;
  }[];
}
export const OUTBOX_PAGE = definePage<OutboxModel>('console/outbox', CONSOLE);
