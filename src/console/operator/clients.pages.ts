import type { ToolIdentity } from '../../clients/tool-identity.js';
import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface ClientRow {
  readonly id: string;
  readonly tool: ToolIdentity;
  readonly trusted: boolean;
  readonly since: Moment;
  /** When it was blocked, if it is. */
  readonly blocked: Moment | undefined;
}

export interface ClientsModel extends ConsoleModel {
  readonly search: string;
  readonly grades: readonly Choice[];
  readonly states: readonly Choice[];
  readonly filtered: boolean;
  readonly clients: readonly ClientRow[];
  readonly more: string | undefined;
}
export const CLIENTS_PAGE = definePage<ClientsModel>('console/clients', CONSOLE);

export interface ClientModel extends ConsoleModel {
  readonly ended: Text | undefined;
  readonly client: ClientRow;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly method: string;
  /** What else it says of itself. */
  readonly metadata: readonly { readonly name: string; readonly value: string }[];
  readonly people: number;
  readonly connections: number;
  readonly organizations: readonly { readonly id: string; readonly name: string; readonly connections: number }[];
  /** Of the organizations, how many are not named. */
  readonly others: number;
  readonly hasSecret: boolean;
  readonly mayBeTrusted: boolean;
}
export const CLIENT_PAGE = definePage<ClientModel>('console/client', CONSOLE);

export interface NewClientModel extends ConsoleModel {
  readonly name: string;
  /** One a line. */
  readonly redirectUris: string;
  readonly methods: readonly Choice[];
  readonly trusted: boolean;
  readonly faults: {
    readonly name: Text | undefined;
    readonly redirectUris: Text | undefined;
    readonly trusted: Text | undefined;
  };
}
export const NEW_CLIENT_PAGE = definePage<NewClientModel>('console/new-client', CONSOLE);
