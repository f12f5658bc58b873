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

/** The grant of a code that was not spent, beside what was presented with it. */
export interface FailedExchange {
  readonly id: string;
  readonly usedAt: Date | null;
  readonly clientMatches: boolean;
  readonly verifierMatches: boolean;
  readonly redirectUri: string;
  readonly resource: string;
  readonly expiresAt: Date;
  readonly failures: number;
  /** The organization's policy does not let this tool work for this person. */
  readonly denied: boolean;
  /** The organization is suspended, or was when this ended. */
  readonly suspended: boolean;
  /** The organization requires a second factor, and the person has none, or had none when this ended. */
  readonly withoutFactor: boolean;
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

interface IssuedRow {
  id: string;
  user_id: string;
  organization_id: string;
  resource: string;
  scopes: string[];
  renewable: boolean;
  generation: number;
  role: Role;
  ceiling: string[] | null;
}

const issued = (row: IssuedRow): IssuedGrant => ({
  id: row.id,
  userId: row.user_id,
  organizationId: row.organization_id,
  resource: row.resource,
  scopes: row.scopes,
  renewable: row.renewable,
  generation: row.generation,
  role: row.role,
  ceiling: row.ceiling,
});

/** What becomes of a grant after its approval. Each is one statement of `grants.statements.ts`. */
@Injectable()
export class Grants {
  private readonly exchanges: Sharing<IssuedRow>;
  private readonly refreshes: Sharing<IssuedRow>;
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
    const row = await this.exchanges.ask({
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
    return row && issued(row);
  }

  async whyNotExchanged(
    { codeHash, clientDigest, codeChallenge }: CodeProof,
    at: Date,
  ): Promise<FailedExchange | undefined> {
    const [row] = await this.statements.run<{
      id: string;
      code_used_at: Date | null;
      client_matches: boolean;
      verifier_matches: boolean;
      redirect_uri: string;
      resource: string;
      code_expires_at: Date;
      code_failures: number;
      denied: boolean;
      suspended: boolean;
      without_factor: boolean;
    }>(sql.WHY_NOT_EXCHANGED, [codeHash, clientDigest, codeChallenge, at]);
    return (
      row && {
        id: row.id,
        usedAt: row.code_used_at,
        clientMatches: row.client_matches,
        verifierMatches: row.verifier_matches,
        redirectUri: row.redirect_uri,
        resource: row.resource,
        expiresAt: row.code_expires_at,
        failures: row.code_failures,
        denied: row.denied,
        suspended: row.suspended,
        withoutFactor: row.without_factor,
      }
    );
  }

  async countCodeFailure(grantId: string): Promise<void> {
    await this.statements.run(sql.COUNT_CODE_FAILURE, [grantId]);
  }

  /** The grant one generation on, when this call is the one that took the step. */
  async refresh(proof: RefreshProof, at: Date, expiresAt: Date, address: string): Promise<IssuedGrant | undefined> {
    const row = await this.refreshes.ask({
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
    return row && issued(row);
  }

  async whyNotRefreshed(
    proof: RefreshProof,
    at: Date,
  ): Promise<
    | {
        grant: IssuedGrant;
        rotatedAt: Date;
        resourceMatches: boolean;
        scopeMatches: boolean;
        over: string | null;
        denied: boolean;
        suspended: boolean;
        withoutFactor: boolean;
      }
    | undefined
  > {
    const [row] = await this.statements.run<
      IssuedRow & {
        rotated_at: Date;
        resource_matches: boolean;
        scope_matches: boolean;
        over: string | null;
        denied: boolean;
        suspended: boolean;
        without_factor: boolean;
      }
    >(sql.WHY_NOT_REFRESHED, [
      proof.grantId,
      proof.generation,
      proof.secretHash,
      proof.clientDigest,
      proof.resource ?? null,
      proof.scopes ?? null,
      at,
    ]);
    if (!row) return undefined;
    return {
      grant: issued(row),
      rotatedAt: row.rotated_at,
      resourceMatches: row.resource_matches,
      scopeMatches: row.scope_matches,
      over: row.over,
      denied: row.denied,
      suspended: row.suspended,
      withoutFactor: row.without_factor,
    };
  }

  /** Whether this call ended it. `by` narrows to the client it must belong to, the person, or who holds its refresh secret. */
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

  /** Takes these permissions away from a live connection of the organization or the person: whether it had one of them. */
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
