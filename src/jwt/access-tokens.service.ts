import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { KeyRing, SIGNING_ALGORITHM } from './key-ring.js';

/** The `typ` of an access token (RFC 9068 §2.1): nothing else this server signs has it. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

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
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: KeyRing,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** A signed access token that ends after `Config.accessTokenLifetime`. */
  issue(claims: Pick<AccessTokenClaims, 'sub' | 'aud' | 'client_id' | 'scope' | 'sid' | 'org_id'>): string {
    const { kid, privateKey } = this.keys.current();
    const iat = Math.floor(this.clock.now().getTime() / 1000);
    const payload: AccessTokenClaims = {
      iss: this.config.issuer,
      ...claims,
      iat,
      exp: iat + this.config.accessTokenLifetime,
      jti: randomUUID(),
    };
    return this.jwt.sign(payload, {
      algorithm: SIGNING_ALGORITHM,
      keyid: kid,
      privateKey,
      header: { alg: SIGNING_ALGORITHM, typ: ACCESS_TOKEN_TYPE },
    });
  }

  /** The claims of an access token this server signed, expired or not; undefined for any other text. */
  read(token: string): AccessTokenClaims | undefined {
    const decoded = this.jwt.decode<{ header?: { kid?: unknown; typ?: unknown } } | null>(token, { complete: true });
    const kid = decoded?.header?.kid;
    const key =
      typeof kid === 'string' && decoded?.header?.typ === ACCESS_TOKEN_TYPE ? this.keys.publicKey(kid) : undefined;
    if (!key) return undefined;
    try {
      return this.jwt.verify<AccessTokenClaims & object>(token, {
        publicKey: key as unknown as Buffer,
        algorithms: [SIGNING_ALGORITHM],
        issuer: this.config.issuer,
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch {
      return undefined;
    }
  }
}
