import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { Grant } from '../entities/grant.entity.js';
import { Membership } from '../entities/membership.entity.js';
import { Organization } from '../entities/organization.entity.js';
import { addAuditEvent } from './audit-events.repository.js';

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

/** Whether who acts may decide about somebody of this role. */
type Allows = (role: Role) => boolean;

/** Who belongs to an organization. Changes take turns by the organization, so that one never loses its last owner. */
@Injectable()
export class Memberships {
  constructor(private readonly dataSource: DataSource) {}

  /** By name, `PAGE` at most. */
  async list(organizationId: string, at: Date): Promise<Member[]> {
    const rows = await this.dataSource.query<
      { user_id: string; email: string; name: string; role: Role; created_at: Date; connections: number }[]
    >(
      `SELECT m.user_id, u.email, u.name, m.role, m.created_at,
              (SELECT count(*)::int FROM grants g WHERE g.user_id = m.user_id AND g.organization_id = m.organization_id
                  AND g.revoked_at IS NULL AND g.expires_at > $2 AND g.code_used_at IS NOT NULL) AS connections
         FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.organization_id = $1 ORDER BY lower(u.email) LIMIT 1000`,
      [organizationId, at],
    );
    return rows.map(({ user_id, created_at, ...row }) => ({ userId: user_id, since: created_at, ...row }));
  }

  async setRole(
    { organizationId, userId, role, by }: { organizationId: string; userId: string; role: Role; by: string },
    allows: Allows,
    at: Date,
  ): Promise<Change> {
    return this.inTurn(organizationId, async (manager) => {
      const found = await this.decide(manager, { organizationId, userId, becomes: role }, allows);
      if (typeof found === 'string') return found;
      await manager.update(Membership, { organizationId, userId }, { role });
      const detail = { member: userId, before: found.role, after: role };
      await addAuditEvent(manager, { at, action: 'member.role_changed', userId: by, organizationId, detail });
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
      const found = await this.decide(manager, { organizationId, userId }, allows);
      if (typeof found === 'string') return found;
      // First the place: an approval under way holds its row, and is over when this goes on.
      await manager.delete(Membership, { organizationId, userId });
      await manager.update(
        Grant,
        { organizationId, userId, revokedAt: IsNull() },
        { revokedAt: at, revokedBecause: 'member_removed' },
      );
      const detail = { member: userId, before: found.role };
      await addAuditEvent(manager, { at, action: 'member.removed', userId: by, organizationId, detail });
      return 'done';
    });
  }

  private async decide(
    manager: EntityManager,
    { organizationId, userId, becomes }: { organizationId: string; userId: string; becomes?: Role },
    allows: Allows,
  ): Promise<Membership | Change> {
    const membership = await manager.findOneBy(Membership, { organizationId, userId });
    if (!membership) return 'not a member';
    if (!allows(membership.role)) return 'not allowed';
    const owners = await manager.countBy(Membership, { organizationId, role: 'owner' });
    return membership.role === 'owner' && becomes !== 'owner' && owners === 1 ? 'last owner' : membership;
  }

  private inTurn<T>(organizationId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      // Weaker than FOR UPDATE: an approval that holds the place must still be able to refer to the organization.
      await manager.findOne(Organization, { where: { id: organizationId }, lock: { mode: 'for_no_key_update' } });
      return work(manager);
    });
  }
}
