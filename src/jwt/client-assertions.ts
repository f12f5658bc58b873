import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import type { ClientMetadata } from '../oauth/client-metadata.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';

/** Algorithms a client may sign with: asymmetric ones only. */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];
/** An assertion may be good for this long, and clocks may differ by that much, in seconds. */
const MAX_LIFETIME = 600;
const LEEWAY = 30;
const REMEMBERED = 100_000;

/**
 * Client authentication by a signed assertion (RFC 7523 §3, `private_key_jwt`). Each is good once; those that were used
 * are remembered until they expire, as many as memory allows.
 */
@Injectable()
export class ClientAssertions {
  private readonly used = new LRUCache<string, true>({ max: REMEMBERED });

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Throws `invalid_client`. `cause` of an unknown key is jose's `JWKSNoMatchingKey`. */
  async verify(assertion: string, clientId: string, jwks: ClientMetadata['jwks']): Promise<void> {
    const now = this.clock.now();
    try {
      const { payload } = await jwtVerify(
        assertion,
        createLocalJWKSet({ keys: [...(jwks?.keys ?? [])] } as unknown as JSONWebKeySet),
        {
          algorithms: ASSERTION_ALGORITHMS,
          issuer: clientId,
          subject: clientId,
          requiredClaims: ['exp', 'aud'],
          clockTolerance: LEEWAY,
          currentDate: now,
        },
      );
      const { aud, exp, jti } = payload;
      // One audience and no list: an assertion for several servers could be carried from one to another.
      if (aud !== this.config.issuer && aud !== this.config.origin + PATHS.token)
        throw new Error('the audience is another');
      if (exp! > now.getTime() / 1000 + MAX_LIFETIME) throw new Error('it is good for too long');
      this.useOnce(
        createHash('sha256')
          .update(`${clientId} ${jti ?? assertion}`)
          .digest('base64url'),
        exp!,
        now,
      );
    } catch (error) {
      throw new OAuthError(
        'invalid_client',
        'the client assertion is not valid',
        new Finding('client-assertion', { client_id: clientId, found: error }, { cause: error }),
      );
    }
  }

  private useOnce(key: string, exp: number, now: Date): void {
    if (this.used.has(key)) throw new Error('it was used before');
    this.used.set(key, true, { ttl: (exp + LEEWAY) * 1000 - now.getTime() });
  }
}

/** Whether an assertion was refused because its key is none of those known. */
export function isUnknownKey(error: unknown): boolean {
  const { cause } = (error as { cause?: Error }).cause ?? {};
  return cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWSSignatureVerificationFailed;
}
