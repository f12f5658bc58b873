import { Injectable, NotFoundException } from '@nestjs/common';
import { Clock } from '../../config/clock.js';
import { Invitations } from '../../database/repositories/invitations.repository.js';
import type { Position } from '../../database/repositories/keyset.sql.js';
import { type Member, Memberships } from '../../database/repositories/memberships.repository.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { moment } from '../../http/moment.js';
import { renderPage } from '../../http/page.js';
import { cursor, nextPage } from '../../http/position.js';
import { seeOther } from '../../http/see-other.js';
import { ADMINISTRATORS, mayDecide, type Role, ROLES } from '../../oauth/role.js';
import { type Text, text } from '../../texts/text.js';
import { choices } from '../choices.js';
import { CONFIRMATION_PAGE, type Question } from '../confirmation.pages.js';
import { type Http, Shells } from '../shells.js';
import { MEMBERS_PAGE, type RoleChoice } from './members.pages.js';

const PAGE = 50;

interface MemberFilter {
  readonly search: string;
  readonly after: string | undefined;
  /** Where the page before ended, of invitations. */
  readonly invited: Position | undefined;
}
const EVERYBODY: MemberFilter = { search: '', after: undefined, invited: undefined };

interface Shown {
  readonly notice?: Text | undefined;
  readonly failure?: Text;
  /** What was typed as the address of somebody to invite. */
  readonly email?: string;
  readonly filter?: MemberFilter;
}

export const membersPath = (organizationId: string) => `/console/organizations/${organizationId}/members`;

/** Of what becomes of a member. */
type Outcome = Awaited<ReturnType<Memberships['remove']>>;

/** The page of who belongs to an organization, that everything about them comes back to. */
@Injectable()
export class MembersPage {
  constructor(
    private readonly shells: Shells,
    private readonly memberships: Memberships,
    private readonly invitations: Invitations,
    private readonly clock: Clock,
  ) {}

  async show(
    session: LiveSession,
    organization: OwnOrganization,
    { notice, failure, email = '', filter = EVERYBODY }: Shown,
    http: Http,
  ): Promise<void> {
    const shell = await this.shells.ofOrganization('members', organization, session, http);
    const now = this.clock.now();
    const decides = ADMINISTRATORS.includes(organization.role);
    const found = await this.memberships.list(organization.id, filter, PAGE + 1, now);
    const page = found.slice(0, PAGE);
    const here = membersPath(organization.id);
    const { invited } = filter;
    const next = new URLSearchParams({
      q: filter.search,
      after: page.at(-1)?.email ?? '',
      ...cursor('invited', invited),
    });
    const members = page.map((member) => ({
      userId: member.userId,
      name: member.name,
      email: member.email,
      role: text(`role.${member.role}`),
      connections: member.connections,
      since: moment(member.since, now),
      you: member.userId === session.userId,
      roles: mayDecide(organization.role, member.role) ? rolesFor(organization.role, member.role) : undefined,
      removable: mayRemove(session, organization, member),
    }));
    const invitations = decides
      ? await this.invitations.open(organization.id, { limit: PAGE + 1, after: invited, at: now })
      : [];
    const shown = { q: filter.search, ...(filter.after !== undefined && { after: filter.after }) };
    const model = {
      title: text('members.title', { organization: organization.name }),
      shell,
      notice,
      failure,
      organization,
      members,
      here,
      search: filter.search,
      searchable: filter.search !== '' || filter.after !== undefined || found.length > PAGE,
      more: found.length > PAGE ? `${here}?${next}` : undefined,
      invitations: invitations.slice(0, PAGE).map((one) => ({
        id: one.id,
        email: one.email,
        role: text(`role.${one.role}`),
        until: moment(one.expiresAt, now),
      })),
      moreInvitations: nextPage(here, shown, invitations, PAGE, 'invited'),
      first: filter.after !== undefined || invited ? here : undefined,
      grantable: decides ? rolesFor(organization.role, 'member') : [],
      email: email.slice(0, 254),
    };
    await renderPage(http.reply, MEMBERS_PAGE, model, failure ? 400 : 200);
  }

  /** Whether something about a member is meant. */
  async ask(
    question: Question,
    session: LiveSession,
    organization: OwnOrganization,
    http: Http,
    failure?: Text,
  ): Promise<void> {
    const shell = await this.shells.ofOrganization('members', organization, session, http);
    const model = { ...question, shell, notice: undefined, failure };
    await renderPage(http.reply, CONFIRMATION_PAGE, model, failure ? 400 : 200);
  }

  /**
   * Back here when it was done, with the notice `done`; else why not. Throws `NotFoundException` when there is no such
   * member.
   */
  async answer(
    outcome: Outcome,
    done: string,
    session: LiveSession,
    organization: OwnOrganization,
    http: Http,
  ): Promise<void> {
    if (outcome === 'not a member') throw new NotFoundException();
    if (outcome === 'done') return void (await seeOther(http.reply, `${membersPath(organization.id)}?done=${done}`));
    const failure = text(outcome === 'last owner' ? 'members.last-owner' : 'members.not-allowed');
    await this.show(session, organization, { failure }, http);
  }
}

/** Everybody may leave; who else may be removed is a matter of roles. */
export function mayRemove({ userId }: LiveSession, { role }: OwnOrganization, member: Member): boolean {
  return member.userId === userId || mayDecide(role, member.role);
}

const rolesFor = (actor: Role, selected: Role): RoleChoice[] =>
  choices(
    ROLES.filter((role) => mayDecide(actor, role)),
    selected,
    (role) => text(`role.${role}`),
  );
