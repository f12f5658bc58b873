import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, IsNull, Not } from 'typeorm';
import { ADMINISTRATORS, mayDecide, type Role, ROLES } from '../../oauth/role.js';
import { Invitation } from '../entities/invitation.entity.js';
import { Membership } from '../entities/membership.entity.js';
import { Organization } from '../entities/organization.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { endGrants } from './end-grants.js';
import { isLive } from './grants.sql.js';
import { MEMBERS } from './memberships.sql.js';

export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly since: Date;
  /** How many tools work here in their name now. */
  readonly connections: number;
}

/** What an attempt to change somebody's place found. `role`: what they were. */
type Change = 'done' | 'not a member' | 'not allowed' | 'last owner';

/** Whether somebody of the first role may decide about somebody of the second. */
type Allows = (actor: Role, role: Role) => boolean;

/**
 * Who belongs to an organization. Changes take turns by the organization, so that one never loses the last owner who
 * can act.
 */
@Injectable()
export class Memberships {
  constructor(private readonly dataSource: DataSource) {}

  /** By address, from the one after `after`; `search`: part of an address or name. */
  async list(
    organizationId: string,
    { search, after }: { readonly search: string; readonly after: string | undefined },
    limit: number,
    at: Date,
  ): Promise<Member[]> {
    return this.read(
      `AND ($3 = '' OR strpos(lower(u.email), lower($3)) > 0 OR strpos(lower(u.name), lower($3)) > 0)
       AND ($4::text IS NULL OR u.email > $4) ORDER BY u.email LIMIT $5`,
      [organizationId, at, search, after ?? null, limit],
    );
  }

  async find(organizationId: string, userId: string, at: Date): Promise<Member | undefined> {
    return (await this.read('AND m.user_id = $3', [organizationId, at, userId]))[0];
  }

  /** Who decides there, with the language of their mails. */
  async governing(organizationId: string): Promise<{ email: string; locale: string | null }[]> {
    return this.dataSource.query(
      `SELECT u.email, u.locale FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.organization_id = $1 AND m.role = ANY ($2) AND u.disabled_at IS NULL ORDER BY lower(u.email) LIMIT 100`,
      [organizationId, ADMINISTRATORS],
    );
  }

  private read(chosen: string, values: unknown[]): Promise<Member[]> {
    return this.dataSource.query(
      `SELECT m.user_id AS "userId", u.email, u.name, m.role, m.created_at AS since,
              (SELECT count(*)::int FROM grants g WHERE g.user_id = m.user_id AND g.organization_id = m.organization_id
                  AND ${isLive('g', '$2')}) AS connections
         FROM ${MEMBERS} WHERE m.organization_id = $1 ${chosen}`,
      values,
    );
  }

  /** The member who logs in with this address. */
  async memberOf(organizationId: string, email: string): Promise<string | undefined> {
    const [row] = await this.dataSource.query<{ user_id: string }[]>(
      'SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1 AND u.email = $2',
      [organizationId, email],
    );
    return row?.user_id;
  }

  async setRole(
    { organizationId, userId, role, by }: { organizationId: string; userId: string; role: Role; by: string },
    allows: Allows,
    at: Date,
  ): Promise<Change> {
    return this.inTurn(organizationId, async (manager) => {
      const found = await this.decide(manager, { organizationId, userId, by, becomes: role }, allows);
      if (typeof found === 'string') return found;
      await manager.update(Membership, { organizationId, userId }, { role });
      await endInvitations(manager, { organizationId, invitedBy: userId }, role, at);
      const detail = { before: found.role, after: role, by };
      await addAuditEvent(manager, { at, action: 'member.role_changed', userId, organizationId, detail });
      return 'done';
    });
  }

  /** Ends the place, and every connection for it, in one transaction. */
  async remove(
    { organizationId, userId, by }: { organizationId: string; userId: string; by: string },
    allows: Allows,
    at: Date,
  ): Promise<Change> {
    return this.inTurn(organizationId, async (manager) => {
      const found = await this.decide(manager, { organizationId, userId, by }, allows);
      if (typeof found === 'string') return found;
      // First the place: an approval under way holds its row, and is over when this goes on.
      await manager.delete(Membership, { organizationId, userId });
      await endInvitations(manager, { organizationId, invitedBy: userId }, null, at);
      const common = { organization_id: organizationId, user_id: userId };
      await endGrants(manager, common, { because: 'member_removed', at, by });
      const detail = { before: found.role, by };
      await addAuditEvent(manager, { at, action: 'member.removed', userId, organizationId, detail });
      return 'done';
    });
  }

  private async decide(
    manager: EntityManager,
    { organizationId, userId, by, becomes }: { organizationId: string; userId: string; by: string; becomes?: Role },
    allows: Allows,
  ): Promise<Membership | Change> {
    const membership = await manager.findOneBy(Membership, { organizationId, userId });
    if (!membership) return 'not a member';
    // As they stand in their turn: who waited for it may be somebody else by now, or gone.
    const actor = await manager.findOneBy(Membership, { organizationId, userId: by });
    if (!actor || !allows(actor.role, membership.role)) return 'not allowed';
    if (membership.role !== 'owner' || becomes === 'owner') return membership;
    // Whoever is disabled cannot act as one.
    const others = { organizationId, role: 'owner', userId: Not(userId), user: { disabledAt: IsNull() } } as const;
    return (await manager.existsBy(Membership, others)) ? membership : 'last owner';
  }

  private inTurn<T>(organizationId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      // Weaker than FOR UPDATE: an approval that holds the place must still be able to refer to the organization.
      await manager.findOne(Organization, { where: { id: organizationId }, lock: { mode: 'for_no_key_update' } });
      return work(manager);
    });
  }
}

/** What somebody offered, they may offer no more: invitations to roles that they may not decide about end. */
async function endInvitations(
  manager: EntityManager,
  by: { organizationId: string; invitedBy: string },
  role: Role | null,
  at: Date,
): Promise<void> {
  const beyond = ROLES.filter((offered) => role === null || !mayDecide(role, offered));
  await manager.update(
    Invitation,
    { ...by, role: In(beyond), acceptedAt: IsNull(), revokedAt: IsNull() },
    { revokedAt: at },
  );
}
