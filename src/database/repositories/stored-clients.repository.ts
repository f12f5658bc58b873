import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { Client } from '../entities/client.entity.js';
import { Statements } from '../statements.js';
import { addAuditEvent } from './audit-events.repository.js';
import { type Ended, endGrants } from './end-grants.js';
import { isLive } from './grants.sql.js';

export type NewClient = Pick<Client, 'clientId' | 'digest' | 'identity' | 'metadata' | 'secretHash' | 'trusted'>;

/**
 * How a client is used here: since when it is known, and by how many people now; by more, when only so many were
 * counted.
 */
export interface ClientUse {
  readonly since: Date;
  readonly people: number;
  readonly more: boolean;
}

/** Of a tool that everybody has, the connections are too many to be counted for a page. */
const COUNTED = 1_000;

const USE = {
  name: 'client_use',
  text: `SELECT c.created_at AS since, count(DISTINCT used.user_id)::int AS people, count(used.user_id) = ${COUNTED} AS more
      FROM clients c LEFT JOIN LATERAL (
             SELECT g.user_id FROM grants g WHERE g.client_id = c.id AND ${isLive('g', '$2')}
              LIMIT ${COUNTED}) used ON true
     WHERE c.digest = $1 GROUP BY c.created_at`,
};

@Injectable()
export class StoredClients {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /** By the SHA-256 of its `client_id`. */
  async find(digest: Buffer): Promise<Client | null> {
    return this.dataSource.manager.findOneBy(Client, { digest });
  }

  /** Those an administrator registered, by name, and those that are blocked. */
  async list(): Promise<Client[]> {
    return this.dataSource.manager.find(Client, {
      where: [{ identity: 'registered' }, { blockedAt: Not(IsNull()) }],
      order: { createdAt: 'ASC' },
    });
  }

  /** What the clients an administrator registered are called. */
  async registeredNames(): Promise<string[]> {
    const clients = await this.dataSource.manager.find(Client, { where: { identity: 'registered' }, take: 1000 });
    return clients.flatMap(({ metadata }) => metadata.client_name ?? []);
  }

  /** Undefined for a client that nobody has approved and nobody registered. */
  async useOf(digest: Buffer, at: Date): Promise<ClientUse | undefined> {
    const [row] = await this.statements.run<ClientUse>(USE, [digest, at]);
    return row;
  }

  /** `by`, here and below: the operator who did; none on the command line. */
  async register(client: NewClient, at: Date, by?: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.insert(Client, { ...client, createdAt: at } as QueryDeepPartialEntity<Client>);
      await audit(manager, 'client.registered', client, at, { by });
    });
  }

  async replaceSecret(client: Client, secretHash: Buffer, at: Date, by?: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(Client, { id: client.id }, { secretHash });
      await audit(manager, 'client.secret_rotated', client, at, { by });
    });
  }

  /** Whether people are asked each time about a client that is registered here. False: it was so before. */
  async setTrusted(client: Client, trusted: boolean, at: Date, by: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(Client, { id: client.id, trusted: !trusted }, { trusted });
      if (affected !== 1) return false;
      await audit(manager, trusted ? 'client.trusted' : 'client.no_longer_trusted', client, at, { by });
      return true;
    });
  }

  /**
   * Blocks a client, known here or not, and ends its connections in the same transaction. Undefined: was blocked
   * already.
   */
  async block(client: NewClient, at: Date, by?: string): Promise<Ended | undefined> {
    return this.dataSource.transaction(async (manager) => {
      await manager
        .createQueryBuilder()
        .insert()
        .into(Client)
        .values({ ...client, createdAt: at } as QueryDeepPartialEntity<Client>)
        .orIgnore()
        .execute();
      // First the client: an approval under way holds its row, and is over when this goes on.
      const { affected } = await manager.update(
        Client,
        { digest: client.digest, blockedAt: IsNull() },
        { blockedAt: at },
      );
      if (affected !== 1) return undefined;
      const { id } = await manager.findOneByOrFail(Client, { digest: client.digest });
      const ended = await endGrants(manager, { client_id: id }, { because: 'client_blocked', at, by });
      await audit(manager, 'client.blocked', client, at, { by, connections: ended.live });
      return ended;
    });
  }

  /** False: was not blocked. Its connections stay ended. */
  async unblock(client: Client, at: Date, by?: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(
        Client,
        { id: client.id, blockedAt: Not(IsNull()) },
        { blockedAt: null },
      );
      if (affected !== 1) return false;
      await audit(manager, 'client.unblocked', client, at, { by });
      return true;
    });
  }
}

async function audit(
  manager: EntityManager,
  action: string,
  { clientId }: Pick<Client, 'clientId'>,
  at: Date,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await addAuditEvent(manager, { at, action, detail: { client: clientId, ...detail } });
}
