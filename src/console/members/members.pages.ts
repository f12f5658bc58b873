import type { Moment } from '../../http/moment.js';
import { definePage, type Form } from '../../http/page.js';
import type { Role } from '../../oauth/role.js';
import type { Text } from '../../texts/text.js';
import type { Choice } from '../choices.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

/** A role to choose. */
export type RoleChoice = Choice<Role, Text>;

interface OfOrganization extends ConsoleModel {
  readonly organization: { readonly id: string; readonly name: string };
}

export interface MembersModel extends OfOrganization {
  readonly failure: Text | undefined;
  /** This page, without a search. */
  readonly here: string;
  readonly search: string;
  /** More people than one page shows, or a search already. */
  readonly searchable: boolean;
  /** The next page. */
  readonly more: string | undefined;
  readonly members: readonly {
    readonly userId: string;
    readonly name: string;
    readonly email: string;
    readonly role: Text;
    readonly connections: number;
    readonly since: Moment;
    readonly you: boolean;
    /** What they could be instead; undefined when who looks may not decide that. */
    readonly roles: readonly RoleChoice[] | undefined;
    readonly removable: boolean;
  }[];
  readonly invitations: readonly {
    readonly id: string;
    readonly email: string;
    readonly role: Text;
    readonly until: Moment;
  }[];
  readonly moreInvitations: string | undefined;
  /** Where both lists begin, when one does not begin here. */
  readonly first: string | undefined;
  /** What whoever looks may invite somebody to be. */
  readonly grantable: readonly RoleChoice[];
  readonly email: string;
}
export const MEMBERS_PAGE = definePage<MembersModel>('console/members', CONSOLE);

export interface InvitationModel {
  readonly title: Text;
  readonly organization: string;
  readonly role: Text;
  readonly email: string;
  readonly loggedIn: boolean;
  /** Where to log in first, when there is such an account. */
  readonly login: string | undefined;
  readonly form: Form;
  readonly name: string;
  readonly minPasswordLength: number;
  readonly failure: Text | undefined;
}
export const INVITATION_PAGE = definePage<InvitationModel>('console/invitation');
