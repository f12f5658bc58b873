import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly since: Moment;
  /** When it was suspended, if it is. */
  readonly suspended: Moment | undefined;
}

export interface AllOrganizationsModel extends ConsoleModel {
  readonly search: string;
  readonly suspended: boolean;
  readonly organizations: readonly OrganizationRow[];
  readonly more: string | undefined;
}
export const ALL_ORGANIZATIONS_PAGE = definePage<AllOrganizationsModel>('console/all-organizations', CONSOLE);

export interface OrganizationModel extends ConsoleModel {
  readonly ended: Text | undefined;
  readonly failure: Text | undefined;
  readonly organization: OrganizationRow;
  readonly connections: number;
  readonly members: readonly { readonly userId: string; readonly email: string; readonly role: Text }[];
  readonly search: string;
  /** They do not all fit on a page. */
  readonly searchable: boolean;
  /** Where the next page is, and the first when this is another. */
  readonly more: string | undefined;
  readonly first: string | undefined;
}
export const ORGANIZATION_PAGE = definePage<OrganizationModel>('console/organization', CONSOLE);
