import type { ToolIdentity } from '../clients/tool-identity.js';
import { definePage, type Form } from '../http/page.js';
import type { Moment } from '../http/moment.js';
import type { PasskeyForm } from '../http/passkey-form.js';
import type { Text, Words } from '../texts/text.js';
import type { UsageChart } from './usage-chart.js';

export const CONSOLE = { layout: 'console' } as const;

/** Around every page of somebody who is logged in. */
export interface Shell {
  readonly person: string;
  /** The name of the organization that is shown. */
  readonly organization: string | undefined;
  readonly current: 'overview' | 'organizations' | 'connections' | 'projects' | 'account' | 'operator';
  readonly csrf: string;
  readonly nav: readonly NavigationLink[];
  /** Of the part of the console this page is in: an organization, or what operators see. Empty: it has one page. */
  readonly tabs: readonly NavigationLink[];
}

interface NavigationLink {
  readonly label: Text;
  readonly href: string;
  readonly here: boolean;
}

export interface ConsoleModel {
  readonly title: Text;
  readonly shell: Shell;
  /** What the act before this page did. */
  readonly notice: Text | undefined;
}

export interface LoginModel {
  readonly title: Text;
  readonly form: Form;
  readonly passkey: PasskeyForm | undefined;
  readonly email: string;
  /** Where to make an account, when anybody may. */
  readonly signUp: string | undefined;
  readonly notice: Text | undefined;
  readonly failure: Text | undefined;
}
export const LOGIN_PAGE = definePage<LoginModel>('console/login', { script: 'passkeys' });

export interface SetupModel {
  readonly title: Text;
  readonly form: Form;
  readonly email: string;
  readonly organization: string;
  readonly minPasswordLength: number;
  readonly failure: Text | undefined;
}
export const SETUP_PAGE = definePage<SetupModel>('console/setup');

export interface ConnectionRow {
  readonly id: string;
  readonly tool: ToolIdentity;
  readonly organization: string;
  /** Another server it works with; undefined for this one. */
  readonly server: string | undefined;
  readonly permissions: readonly Words[];
  readonly since: Moment;
  readonly lastUsed: Moment;
  readonly until: Moment;
  /** In the days that are shown. */
  readonly calls: number;
  readonly dormant: boolean;
  readonly connectedFrom: string | undefined;
  readonly lastAddress: string | undefined;
}

/** One in a list, where what it does not use can be taken away. */
export interface ListedConnection extends ConnectionRow {
  readonly email: string;
  readonly userId: string;
  readonly clientKey: string;
  /** The query of what it calls itself, when that is only its own word. */
  readonly called: string | undefined;
  readonly unused: readonly { readonly name: string; readonly sentence: Words }[];
}

export interface OverviewModel extends ConsoleModel {
  readonly tools: readonly {
    readonly name: Words;
    readonly how: Text;
    readonly lines: readonly { readonly label: Words; readonly content: string }[];
    readonly link: { readonly label: Text; readonly href: string } | undefined;
  }[];
  readonly connections: number;
  readonly recent: readonly ConnectionRow[];
}
export const OVERVIEW_PAGE = definePage<OverviewModel>('console/overview', CONSOLE);

export interface OrganizationsModel extends ConsoleModel {
  readonly search: string;
  /** They do not all fit on a page. */
  readonly searchable: boolean;
  readonly organizations: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: Text;
    readonly members: Text;
    readonly since: Moment;
    readonly current: boolean;
    /** Owners and admins do. */
    readonly mayRename: boolean;
  }[];
  /** Where the next page is, and the first when this is another. */
  readonly more: string | undefined;
  readonly first: string | undefined;
  readonly newName: string;
  readonly failure: Text | undefined;
}
export const ORGANIZATIONS_PAGE = definePage<OrganizationsModel>('console/organizations', CONSOLE);

export interface ConnectionsModel extends ConsoleModel {
  /** The address of this page; and what it is searched by and where it is, to come back to. */
  readonly here: string;
  readonly list: string;
  readonly search: string;
  /** They do not all fit on a page. */
  readonly searchable: boolean;
  readonly connections: readonly ListedConnection[];
  /** Where the next page is, and the first when this is another. */
  readonly more: string | undefined;
  readonly first: string | undefined;
}
export const CONNECTIONS_PAGE = definePage<ConnectionsModel>('console/connections', {
  ...CONSOLE,
  script: 'live',
});

export interface ConnectionModel extends ConsoleModel {
  /** Its address, where it is ended, and the list it is in. */
  readonly here: string;
  readonly end: string;
  readonly back: string;
  readonly connection: ConnectionRow;
  readonly email: string;
  /** When and why it ended, if it did. */
  readonly over: { readonly at: Moment; readonly why: Text } | undefined;
  readonly chart: UsageChart;
  readonly permissions: readonly {
    readonly name: string;
    readonly sentence: Words;
    readonly removable: boolean;
    readonly unused: boolean;
  }[];
  /** What was taken away from it. */
  readonly withdrawn: readonly Words[];
}
export const CONNECTION_PAGE = definePage<ConnectionModel>('console/connection', { ...CONSOLE, script: 'live' });

export interface DisconnectModel extends ConsoleModel {
  readonly connection: ConnectionRow;
}
export const DISCONNECT_PAGE = definePage<DisconnectModel>('console/disconnect', CONSOLE);

export interface ProjectsModel extends ConsoleModel {
  readonly organization: string | undefined;
  readonly mayChange: boolean;
  readonly search: string;
  /** They do not all fit on a page. */
  readonly searchable: boolean;
  readonly projects: readonly { readonly id: string; readonly name: string; readonly since: Moment }[];
  /** Where the next page is. */
  readonly more: string | undefined;
  /** Those that can be restored, for somebody who may, and where there are more of them. */
  readonly deleted: readonly {
    readonly id: string;
    readonly name: string;
    readonly email: string | null;
    readonly since: Moment;
  }[];
  readonly moreDeleted: string | undefined;
  readonly first: string | undefined;
  readonly days: number;
  readonly newName: string;
  readonly failure: Text | undefined;
}
export const PROJECTS_PAGE = definePage<ProjectsModel>('console/projects', CONSOLE);

export interface DeleteProjectModel extends ConsoleModel {
  readonly project: { readonly id: string; readonly name: string };
  readonly days: number;
  readonly failure: Text | undefined;
}
export const DELETE_PROJECT_PAGE = definePage<DeleteProjectModel>('console/delete-project', CONSOLE);

export interface RestoreProjectModel extends ConsoleModel {
  readonly id: string;
  readonly newName: string;
  readonly failure: Text;
}
export const RESTORE_PROJECT_PAGE = definePage<RestoreProjectModel>('console/restore-project', CONSOLE);
