import { Injectable } from '@nestjs/common';
import { actedFrom } from '../../config/acting-from.js';
import type { Role } from '../../oauth/role.js';
import type { RevocationReason } from '../entities/grant.entity.js';
import { Endings } from '../endings.js';
import { Sharing } from '../shared-statement.js';
import { Statements } from '../statements.js';
import * as sql from './grants.statements.js';

/** A grant at the moment tokens are issued from it. */
export interface IssuedGrant {
  readonly id: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly renewable: boolean;
  readonly generation: number;
  readonly role: Role;
  /** Scopes the organization's policy lets it have at most; null: no limit. */
  readonly ceiling: readonly string[] | null;
}

/** What an approval of the same person, organization and client could give at most. */
export interface GrantBounds {
  readonly role: Role;
  /** The organization's policy denies the client. */
  readonly denied: boolean;
  /** Scopes that policy allows at most; null: no limit. */
  readonly ceiling: readonly string[] | null;
}

export interface CodeProof {
  readonly codeHash: Buffer;
  readonly clientDigest: Buffer;
  readonly codeChallenge: string;
  readonly redirectUri?: string;
  readonly resource?: string;
}

export interface RefreshProof {
  readonly grantId: string;
  readonly generation: number;
  readonly secretHash: Buffer;
  readonly clientDigest: Buffer;
  readonly resource?: string;
  /** Narrowing of this access token; absent = all. */
  readonly scopes?: readonly string[];
}

/** What becomes of a grant after its approval. Each is one statement of `grants.statements.ts`. */
@Injectable()
export class Grants {
  private readonly exchanges: Sharing<IssuedGrant>;
  private readonly refreshes: Sharing<IssuedGrant>;
  private readonly revocations: Sharing<object>;

  constructor(
    private readonly statements: Statements,
    private readonly endings: Endings,
  ) {
    this.exchanges = new Sharing(statements, sql.EXCHANGE);
    this.refreshes = new Sharing(statements, sql.REFRESH);
    this.revocations = new Sharing(statements, sql.REVOKE);
  }

  /** The grant, when this call is the one that spent the code. */
  async exchange(
    proof: CodeProof,
    at: Date,
    secretHash: Buffer,
    expires: { refresh: Date; access: Date },
    address: string,
  ): Promise<IssuedGrant | undefined> {
    return this.exchanges.ask({
      code_hash: proof.codeHash,
      client_digest: proof.clientDigest,
      code_challenge: proof.codeChallenge,
      redirect_uri: proof.redirectUri,
      resource: proof.resource,
      at,
      secret_hash: secretHash,
      refresh_expires_at: expires.refresh,
      access_expires_at: expires.access,
      address,
    });
  }

  async countCodeFailure(grantId: string): Promise<void> {
    await this.statements.run(sql.COUNT_CODE_FAILURE, [grantId]);
  }

  /** The grant one generation on, when this call is the one that took the step. */
  async refresh(proof: RefreshProof, at: Date, expiresAt: Date, address: string): Promise<IssuedGrant | undefined> {
    return this.refreshes.ask({
      id: proof.grantId,
      generation: proof.generation,
      secret_hash: proof.secretHash,
      client_digest: proof.clientDigest,
      resource: proof.resource,
      scopes: proof.scopes,
      at,
      expires_at: expiresAt,
      address,
    });
  }

  /**
   * Whether this call ended it. `by` narrows to the client it must belong to, the person, or who holds its refresh
   * secret.
   */
  async revoke(
    id: string,
    at: Date,
    because: RevocationReason,
    by: { clientDigest?: Buffer; userId?: string; secretHash?: Buffer } = {},
    address = actedFrom(),
  ): Promise<boolean> {
    const ended = await this.revocations.ask({
      id,
      at,
      because,
      client_digest: by.clientDigest,
      user_id: by.userId,
      secret_hash: by.secretHash,
      address,
    });
    if (ended) this.endings.tell([id]);
    return ended !== undefined;
  }

  /**
   * Takes these permissions away from a live connection of the organization or the person: whether it had one of them.
   */
  async narrow(
    id: string,
    scopes: readonly string[],
    { organizationId, userId, by }: { organizationId?: string; userId?: string; by: string },
    at: Date,
  ): Promise<boolean> {
    const values = [id, at, scopes, organizationId ?? null, userId ?? null, by, actedFrom()];
    return (await this.statements.run(sql.NARROW, values)).length === 1;
  }

  /** Undefined: the person no longer belongs to the organization. */
  async boundsOf(id: string, at: Date): Promise<GrantBounds | undefined> {
    const [row] = await this.statements.run<GrantBounds>(sql.BOUNDS, [id, at]);
    return row;
  }

  async revokedSince(since: Date, each: (id: string, milliseconds: number) => void): Promise<void> {
    const [row] = await this.statements.run<{ revoked: string | null }>(sql.REVOKED_SINCE, [since]);
    const words = row?.revoked?.split(' ') ?? [];
    for (let at = 0; at < words.length; at += 2) each(words[at]!, Number(words[at + 1]));
  }

  async isLive(id: string): Promise<boolean> {
    return (await this.statements.run(sql.IS_LIVE, [id])).length === 1;
  }
}
