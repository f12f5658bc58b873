import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel, type ListedConnection } from '../console.pages.js';

export interface OrganizationConnectionsModel extends ConsoleModel {
  /** What was just ended, and by when the last token can have died. */
  readonly ended: Text | undefined;
  /** The address of this page, without what it filters by. */
  readonly here: string;
  /** All of that, and which page it is, to come back to. */
  readonly list: string;
  readonly search: string;
  readonly grades: readonly Choice[];
  readonly sorts: readonly Choice[];
  readonly dormant: boolean;
  /** Kept by the form: only those of one tool, of one person. */
  readonly tool: string | undefined;
  readonly person: string | undefined;
  readonly filtered: boolean;
  readonly connections: readonly ListedConnection[];
  readonly more: string | undefined;
}
export const ORGANIZATION_CONNECTIONS_PAGE = definePage<OrganizationConnectionsModel>(
  'console/organization-connections',
  { ...CONSOLE, script: 'live' },
);

export interface EndConnectionsModel extends ConsoleModel {
  readonly failure: Text | undefined;
  readonly organization: string;
  readonly count: number;
  /** All of them call themselves so, which proves nothing. */
  readonly called: string | undefined;
  /** More than one ends: confirmed by typing the organization's name. */
  readonly typed: boolean;
  readonly action: string;
  readonly back: string;
}
export const END_CONNECTIONS_PAGE = definePage<EndConnectionsModel>('console/end-connections', CONSOLE);
