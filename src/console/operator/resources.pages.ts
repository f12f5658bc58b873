import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { ScopeDraft } from '../../resources/declaration.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

interface ResourceRow {
  readonly id: string;
  readonly uri: string;
  readonly name: string;
  readonly since: Moment;
}

export interface ResourcesModel extends ConsoleModel {
  /** Of this server itself, which needs no declaration. */
  readonly own: string;
  readonly resources: readonly (ResourceRow & { readonly scopes: string })[];
}
export const RESOURCES_PAGE = definePage<ResourcesModel>('console/resources', CONSOLE);

export interface ResourceModel extends ConsoleModel {
  readonly failure: Text | undefined;
  readonly resource: ResourceRow;
  readonly serverId: string;
  readonly connections: number;
  readonly newName: string;
  readonly scopes: readonly (Omit<ScopeDraft, 'implies'> & {
    readonly implies: string;
    readonly change: string;
    readonly remove: string;
  })[];
}
export const RESOURCE_PAGE = definePage<ResourceModel>('console/resource', CONSOLE);

/** What a form holds of a permission. */
export interface ScopeFields {
  readonly scope: Omit<ScopeDraft, 'implies'>;
  /** The others there are. */
  readonly others: readonly { readonly name: string; readonly implied: boolean }[];
}

export interface NewResourceModel extends ConsoleModel, ScopeFields {
  readonly failure: Text | undefined;
  readonly uri: string;
  readonly name: string;
  readonly named: false;
}
export const NEW_RESOURCE_PAGE = definePage<NewResourceModel>('console/new-resource', CONSOLE);

export interface ScopeModel extends ConsoleModel, ScopeFields {
  readonly failure: Text | undefined;
  readonly resource: string;
  readonly action: string;
  readonly back: string;
  /** It has its name, which stays. */
  readonly named: boolean;
}
export const SCOPE_PAGE = definePage<ScopeModel>('console/scope', CONSOLE);
