import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, MoreThan } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { Invitation } from '../entities/invitation.entity.js';
import { Membership } from '../entities/membership.entity.js';
import { addAuditEvent } from './audit-events.repository.js';
import { micros, type Position, timeOfMicros } from './keyset.sql.js';

export type NewInvitation = Pick<Invitation, 'organizationId' | 'email' | 'role' | 'invitedBy' | 'expiresAt'>;

@Injectable()
export class Invitations {
  constructor(private readonly dataSource: DataSource) {}

  /** A new one; any other to the same address for the same organization ends. Undefined: they belong to it already. */
  async add(invitation: NewInvitation, at: Date): Promise<string | undefined> {
    const { organizationId, email, role, invitedBy } = invitation;
    return this.dataSource.transaction(async (manager) => {
      const [member] = await manager.query<unknown[]>(
        'SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1 AND u.email = $2',
        [organizationId, email],
      );
      if (member) return undefined;
      const open = { organizationId, email, acceptedAt: IsNull(), revokedAt: IsNull() };
      await manager.update(Invitation, open, { revokedAt: at });
      const { id } = await manager.save(Invitation, { ...invitation, createdAt: at });
      const detail = { email, role };
      await addAuditEvent(manager, { at, action: 'member.invited', userId: invitedBy, organizationId, detail });
      return id;
    });
  }

  /** Those of an organization that can still be taken, the newest first, with the position of each. */
  async open(
    organizationId: string,
    { limit, after, at }: { limit: number; after: Position | undefined; at: Date },
  ): Promise<(Pick<Invitation, 'id' | 'email' | 'role' | 'expiresAt'> & { readonly position: string })[]> {
    return this.dataSource.query(
      `SELECT id, email, role, expires_at AS "expiresAt", ${micros('created_at')} AS position FROM invitations
        WHERE organization_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2
          AND ($3::bigint IS NULL OR (created_at, id) < (${timeOfMicros('$3')}, $4::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $5`,
      [organizationId, at, after?.key ?? null, after?.id ?? null, limit],
    );
  }

  /** With its organization, while it can be taken. */
  async find(id: string, at: Date): Promise<Invitation | null> {
    return this.dataSource.manager.findOne(Invitation, {
      where: { id, acceptedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(at) },
      relations: { organization: true },
    });
  }

  /** Takes it, for the owner of its address. Of several at once, one does. False: it is over, or for somebody else. */
  async accept(id: string, { userId, email }: { userId: string; email: string }, at: Date): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const open = { id, email, acceptedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(at) };
      const { affected } = await manager.update(Invitation, open, { acceptedAt: at });
      if (affected !== 1) return false;
      const { organizationId, role } = await manager.findOneByOrFail(Invitation, { id });
      await manager
        .createQueryBuilder()
        .insert()
        .into(Membership)
        .values({ userId, organizationId, role, createdAt: at })
        .orIgnore()
        .execute();
      await addAuditEvent(manager, { at, action: 'member.joined', userId, organizationId, detail: { role } });
      return true;
    });
  }

  /** Whether there was one of this organization to call back, of a role that may be decided about. */
  async revoke(
    { id, organizationId, by }: { id: string; organizationId: string; by: string },
    allows: (role: Role) => boolean,
    at: Date,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const open = { id, organizationId, acceptedAt: IsNull(), revokedAt: IsNull() };
      const invitation = await manager.findOneBy(Invitation, open);
      if (!invitation || !allows(invitation.role)) return false;
      const { affected } = await manager.update(Invitation, open, { revokedAt: at });
      if (affected !== 1) return false;
      const detail = { email: invitation.email };
      await addAuditEvent(manager, { at, action: 'member.invitation_revoked', userId: by, organizationId, detail });
      return true;
    });
  }
}
