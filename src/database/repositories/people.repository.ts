import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Role } from '../../oauth/role.js';
import { isLive } from './grants.sql.js';
import type { Position } from './keyset.sql.js';

/** Somebody with an account, as operators see them. */
export interface AccountLine {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly operator: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

export const ACCOUNT_STATES = ['active', 'disabled', 'operator'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

export interface AccountFilter {
  /** Part of an address or name. */
  readonly search: string;
  readonly state: AccountState | undefined;
  /** The address the page before ended with. */
  readonly after: string | undefined;
}

/** A place somebody has in an organization. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly position: string;
}

const COLUMNS = 'u.id, u.email, u.name, u.operator, u.created_at AS "createdAt", u.disabled_at AS "disabledAt"';
const MATCHES: Readonly<Record<AccountState, string>> = {
  active: 'u.disabled_at IS NULL',
  disabled: 'u.disabled_at IS NOT NULL',
  operator: 'u.operator AND u.disabled_at IS NULL',
};

/** Everybody with an account. Who erased theirs is nobody any more. */
@Injectable()
export class People {
  constructor(private readonly dataSource: DataSource) {}

  /** By address. */
  async list({ search, state, after }: AccountFilter, limit: number): Promise<AccountLine[]> {
    return this.dataSource.query(
      `SELECT ${COLUMNS} FROM users u
        WHERE u.password_hash <> '' AND ${state ? MATCHES[state] : 'true'}
          AND ($1 = '' OR strpos(u.email, lower($1)) > 0 OR strpos(lower(u.name), lower($1)) > 0)
          AND ($2::text IS NULL OR u.email > $2) ORDER BY u.email LIMIT $3`,
      [search, after ?? null, limit],
    );
  }

  async find(id: string): Promise<AccountLine | undefined> {
    const [row] = await this.dataSource.query<AccountLine[]>(
      `SELECT ${COLUMNS} FROM users u WHERE u.id = $1 AND u.password_hash <> ''`,
      [id],
    );
    return row;
  }

  /** Where somebody belongs, by name, with the position of each. */
  async organizationsOf(
    userId: string,
    { limit, after }: { limit: number; after: Position | undefined },
  ): Promise<Place[]> {
    return this.dataSource.query(
      `SELECT o.id, o.name, m.role, lower(o.name) AS position
         FROM memberships m JOIN organizations o ON o.id = m.organization_id
        WHERE m.user_id = $1 AND ($2::text IS NULL OR (lower(o.name), o.id) > ($2, $3::uuid))
        ORDER BY lower(o.name), o.id LIMIT $4`,
      [userId, after?.key ?? null, after?.id ?? null, limit],
    );
  }

  /** How many tools work in somebody's name. */
  async connectionsOf(userId: string, at: Date): Promise<number> {
    const [row] = await this.dataSource.query<{ connections: number }[]>(
      `SELECT count(*)::int AS connections FROM grants g WHERE g.user_id = $1 AND ${isLive('g', '$2')}`,
      [userId, at],
    );
    return row!.connections;
  }
}
