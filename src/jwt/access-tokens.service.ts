import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { KeyRing } from './key-ring.js';
import { type Signed, SignedTokens } from './signed-tokens.js';

/** The `typ` of an access token (RFC 9068 §2.1): nothing else this server signs has it. */
const ACCESS_TOKEN_TYPE = 'at+jwt';
/** Clocks of our own nodes may be this far apart, in seconds. */
const LEEWAY = 60;
const REMEMBERED = 10_000;
const TEXTS = ['sub', 'client_id', 'scope', 'jti', 'sid', 'org_id'] as const;

/** What an access token says (RFC 9068 §2.2), with the grant (`sid`) and the organization it is for. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly scope: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly sid: string;
  readonly org_id: string;
}

@Injectable()
export class AccessTokens {
  private readonly checked = new LRUCache<string, Signed<AccessTokenClaims>>({ max: REMEMBERED });

  constructor(
    private readonly tokens: SignedTokens,
    private readonly keys: KeyRing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** A signed access token that ends after `Config.accessTokenLifetime`. */
  issue(claims: Pick<AccessTokenClaims, 'sub' | 'aud' | 'client_id' | 'scope' | 'sid' | 'org_id'>): string {
    const iat = this.now();
    const all: AccessTokenClaims = {
      iss: this.config.issuer,
      ...claims,
      iat,
      exp: iat + this.config.accessTokenLifetime,
      jti: randomUUID(),
    };
    return this.tokens.sign(ACCESS_TOKEN_TYPE, all);
  }

  /**
   * The claims of an access token this server signed, expired or not, for whatever resource; undefined for any other
   * text. One whose signature was checked is remembered, so that reading it again costs none; whether its key still
   * stands is asked every time.
   */
  read(token: string): AccessTokenClaims | undefined {
    const known = this.checked.get(token);
    if (known) return this.keys.publicKey(known.kid) && known.claims;
    const signed = this.tokens.read(ACCESS_TOKEN_TYPE, token) as Signed<unknown> as
      Signed<AccessTokenClaims> | undefined;
    if (signed?.claims.iss !== this.config.issuer) return undefined;
    this.checked.set(token, signed);
    return signed.claims;
  }

  /**
   * Whether what was read is good for this resource now (RFC 9068 §4): audience, times, and every claim. Not for longer
   * than tokens last now, whatever lifetime it was given: what was revoked is not held for longer either.
   */
  isGood(claims: AccessTokenClaims, resource: string): boolean {
    const { aud, exp, iat } = claims;
    if (aud !== resource || 'nbf' in claims) return false;
    if (!Number.isSafeInteger(exp) || !Number.isSafeInteger(iat)) return false;
    const [now, end] = [this.now(), Math.min(exp, iat + this.config.accessTokenLifetime + LEEWAY)];
    return end > now && iat <= now + LEEWAY && TEXTS.every((name) => typeof claims[name] === 'string');
  }

  private now(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }
}
