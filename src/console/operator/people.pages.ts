import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

interface AccountRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly operator: boolean;
  readonly since: Moment;
  /** When they were locked out, if they are. */
  readonly disabled: Moment | undefined;
}

export interface PeopleModel extends ConsoleModel {
  readonly search: string;
  readonly states: readonly Choice[];
  readonly people: readonly AccountRow[];
  readonly more: string | undefined;
}
export const PEOPLE_PAGE = definePage<PeopleModel>('console/people', CONSOLE);

export interface PersonModel extends ConsoleModel {
  readonly ended: Text | undefined;
  readonly account: AccountRow;
  readonly connections: number;
  /** They have one. */
  readonly secondFactor: boolean;
  readonly organizations: readonly { readonly id: string; readonly name: string; readonly role: Text }[];
  readonly moreOrganizations: string | undefined;
  readonly sessions: readonly { readonly device: Words; readonly address: string; readonly seen: Moment }[];
  readonly moreSessions: string | undefined;
  /** Where both lists begin, when one of them is further. */
  readonly first: string | undefined;
}
export const PERSON_PAGE = definePage<PersonModel>('console/person', CONSOLE);
