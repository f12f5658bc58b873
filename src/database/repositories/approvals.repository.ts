import { Injectable } from '@nestjs/common';
import { actedFrom } from '../../config/acting-from.js';
import type { ClientIdentity, ClientMetadata } from '../../oauth/client-metadata.js';
import { Statements } from '../statements.js';
import * as sql from './approvals.statements.js';

/** What a person approved, and for whom. */
export interface Approval {
  readonly at: Date;
  readonly requestId: string;
  readonly userId: string;
  /** SHA-256 of the cookie of the session it is approved in. */
  readonly session: Buffer;
  readonly organizationId: string;
  readonly client: {
    clientId: string;
    digest: Buffer;
    identity: ClientIdentity;
    metadata: ClientMetadata;
    secretHash: Buffer | null;
    pinned: Buffer | null;
  };
  readonly resource: string;
  /** The resource is this server's own endpoint, which was not declared. */
  readonly ownResource: boolean;
  readonly scopes: readonly string[];
  readonly renewable: boolean;
  readonly codeHash: Buffer;
  readonly codeChallenge: string;
  readonly redirectUri: string;
  readonly codeExpiresAt: Date;
}

/** How a request for authorization is answered: a grant, or a denial that stays. */
@Injectable()
export class Approvals {
  constructor(private readonly statements: Statements) {}

  /**
   * The new grant's id; undefined when the request was answered before, session, person, membership or client no longer
   * stand, policy does not allow it, or the session did not prove a second factor that is required.
   */
  async approve(approval: Approval): Promise<string | undefined> {
    const { client } = approval;
    const [row] = await this.statements.runInTurn<{ id: string }>(
      { key: approval.requestId, organizationId: approval.organizationId },
      sql.APPROVE,
      [
        client.clientId,
        client.digest,
        client.identity,
        JSON.stringify(client.metadata),
        client.secretHash,
        approval.at,
        approval.requestId,
        approval.userId,
        approval.organizationId,
        approval.resource,
        approval.scopes,
        approval.renewable,
        approval.codeHash,
        approval.codeChallenge,
        approval.redirectUri,
        approval.codeExpiresAt,
        client.pinned,
        approval.ownResource,
        actedFrom(),
        approval.session,
      ],
    );
    return row?.id;
  }

  /** Whether this call is the one that denied it: false when the request was answered before. */
  async deny(denial: {
    requestId: string;
    requestExpiresAt: Date;
    at: Date;
    userId: string;
    organizationId: string;
    clientName: string;
  }): Promise<boolean> {
    const values = [
      denial.requestId,
      denial.requestExpiresAt,
      denial.at,
      denial.userId,
      denial.organizationId,
      denial.clientName,
      actedFrom(),
    ];
    return (await this.statements.runInTurn({ key: denial.requestId }, sql.DENY, values)).length === 1;
  }

  async isAnswered(requestId: string): Promise<boolean> {
    return (await this.statements.run(sql.IS_ANSWERED, [requestId])).length > 0;
  }

  /** The scopes of a resource that somebody has given this client in this organization, and not ended. */
  async permitted(
    by: { userId: string; organizationId: string; clientDigest: Buffer; resource: string },
    at: Date,
  ): Promise<string[]> {
    const values = [by.userId, by.organizationId, by.clientDigest, by.resource, at];
    const rows = await this.statements.run<{ scope: string }>(sql.PERMITTED, values);
    return rows.map(({ scope }) => scope);
  }
}
