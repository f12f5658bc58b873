import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { ACCESS_TOKEN_TYPE, type AccessTokenClaims } from './access-tokens.service.js';
import { KeyRing, SIGNING_ALGORITHM } from './key-ring.js';
import { presentedToken } from './presented-token.js';

const REQUIRED_TEXTS = ['sub', 'client_id', 'scope', 'jti', 'sid', 'org_id'] as const;

/**
 * Verifies a bearer token as an access token for this resource (RFC 9068 §4): signature under a key of ours, `typ`,
 * `iss`, `aud`, times and every claim. The algorithm is ours to say, never the token's.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    keys: KeyRing,
    config: Config,
    private readonly clock: Clock,
  ) {
    super({
      jwtFromRequest: presentedToken,
      // Typed for text and bytes, but handed to `jsonwebtoken` as it is, which takes a key object.
      secretOrKeyProvider: (_request: unknown, token: string, done) =>
        done(null, keyOf(token, keys) as unknown as Buffer),
      algorithms: [SIGNING_ALGORITHM],
      issuer: config.issuer,
      // Times are compared below, by the injected clock.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
    this.resource = config.resource;
  }

  private readonly resource: string;

  /** The claims, or null when the token is not a valid one. */
  validate(claims: Record<string, unknown>): AccessTokenClaims | null {
    const now = this.clock.now().getTime() / 1000;
    const { aud, exp, iat, nbf } = claims;
    if (aud !== this.resource) return null;
    if (!Number.isSafeInteger(exp) || (exp as number) <= now) return null;
    if (!Number.isSafeInteger(iat) || (iat as number) > now + 60 || nbf !== undefined) return null;
    if (!REQUIRED_TEXTS.every((name) => typeof claims[name] === 'string')) return null;
    return claims as unknown as AccessTokenClaims;
  }
}

/** The key a token's header names, if that header is one of ours. */
function keyOf(token: string, keys: KeyRing): KeyObject | undefined {
  const kid = keyIdOf(token);
  return kid === undefined ? undefined : keys.publicKey(kid);
}

/** Which key an access token says it is signed with (RFC 7515 §4.1.11: `crit` is not understood here). */
export function keyIdOf(token: string): string | undefined {
  try {
    const header = JSON.parse(Buffer.from(token.split('.', 1)[0]!, 'base64url').toString()) as Record<string, unknown>;
    const ours = header['typ'] === ACCESS_TOKEN_TYPE && header['alg'] === SIGNING_ALGORITHM && !('crit' in header);
    return ours && typeof header['kid'] === 'string' ? header['kid'] : undefined;
  } catch {
    return undefined;
  }
}
