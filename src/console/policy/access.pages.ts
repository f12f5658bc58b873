import type { ToolIdentity } from '../../clients/tool-identity.js';
import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

/** Somebody who asks for a tool. */
interface AskingRow {
  readonly id: string;
  readonly email: string;
  readonly role: Text;
  readonly tool: ToolIdentity;
  readonly reason: string;
  readonly since: Moment;
  readonly until: Moment;
}

export interface AccessRequestsModel extends ConsoleModel {
  /** The address of this page, and of the rules. */
  readonly here: string;
  readonly rules: string;
  readonly search: string;
  /** Somebody waits, or was looked for. */
  readonly searchable: boolean;
  readonly requests: readonly AskingRow[];
  /** So long one waits for an answer. */
  readonly days: number;
  readonly more: string | undefined;
  readonly first: string | undefined;
}
export const ACCESS_REQUESTS_PAGE = definePage<AccessRequestsModel>('console/access-requests', {
  ...CONSOLE,
  script: 'live',
});

export interface AccessRequestModel extends ConsoleModel {
  readonly failure: Text | undefined;
  readonly here: string;
  readonly back: string;
  readonly request: AskingRow;
  /** In words, what the tool asks for. */
  readonly asks: readonly Words[];
  /** Of the policy, when this page was made. */
  readonly version: number;
  /** `asked`: the tool asks for it, or for what contains it. */
  readonly permissions: readonly { readonly name: string; readonly label: Words; readonly asked: boolean }[];
}
export const ACCESS_REQUEST_PAGE = definePage<AccessRequestModel>('console/access-request', {
  ...CONSOLE,
  script: 'deliberate',
});
