import { Injectable } from '@nestjs/common';
import { Statements } from '../statements.js';
import * as sql from './grant-failures.statements.js';
import type { CodeProof, IssuedGrant, RefreshProof } from './grants.repository.js';

/** What stands in the way of a grant, or ended it. */
interface Hindrances {
  /** The organization's policy does not let this tool work for this person. */
  readonly denied: boolean;
  /** The organization is suspended, or was when this ended. */
  readonly suspended: boolean;
  /** The organization requires a second factor, and the person has none, or had none when this ended. */
  readonly withoutFactor: boolean;
}

/** The grant of a code that was not spent, beside what was presented with it. */
export interface FailedExchange extends Hindrances {
  readonly id: string;
  readonly usedAt: Date | null;
  readonly clientMatches: boolean;
  readonly verifierMatches: boolean;
  readonly redirectUri: string;
  readonly resource: string;
  readonly expiresAt: Date;
  readonly failures: number;
}

/** A grant that was not refreshed, beside what was presented. */
export interface FailedRefresh extends IssuedGrant, Hindrances {
  readonly rotatedAt: Date;
  readonly resourceMatches: boolean;
  readonly scopeMatches: boolean;
  /** What does not stand any more, in words for the log. */
  readonly over: string | null;
}

/** Why a step in the life of a grant was not taken. */
@Injectable()
export class GrantFailures {
  constructor(private readonly statements: Statements) {}

  async whyNotExchanged(proof: CodeProof, at: Date): Promise<FailedExchange | undefined> {
    const values = [proof.codeHash, proof.clientDigest, proof.codeChallenge, at];
    return (await this.statements.run<FailedExchange>(sql.WHY_NOT_EXCHANGED, values))[0];
  }

  /** Undefined: the token is none of any grant of this client. */
  async whyNotRefreshed(proof: RefreshProof, at: Date): Promise<FailedRefresh | undefined> {
    const { grantId, generation, secretHash, clientDigest, resource, scopes } = proof;
    const values = [grantId, generation, secretHash, clientDigest, resource ?? null, scopes ?? null, at];
    return (await this.statements.run<FailedRefresh>(sql.WHY_NOT_REFRESHED, values))[0];
  }
}
