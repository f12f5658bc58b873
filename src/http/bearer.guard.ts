import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { Revocations } from '../grants/revocations.service.js';
import type { AccessTokenClaims } from '../jwt/access-tokens.service.js';
import { keyIdOf } from '../jwt/access-token.strategy.js';
import { KeyRing } from '../jwt/key-ring.js';
import { presentedToken } from '../jwt/presented-token.js';
import { Finding } from '../oauth/finding.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';

/** A request whose access token was verified. */
export interface AuthorizedRequest extends FastifyRequest {
  user: AccessTokenClaims;
}

interface Verified {
  readonly claims: AccessTokenClaims;
  /** The key that signed it. */
  readonly kid: string;
}

/**
 * Lets in whoever presents a live access token for this resource; throws `BearerChallenge` otherwise. A token verified
 * once is remembered until it expires, so a repeated call costs no signature check; whether it was revoked, or the key
 * that signed it withdrawn, is asked every time.
 */
@Injectable()
export class BearerGuard extends AuthGuard('access-token') {
  private readonly verified = new LRUCache<string, Verified>({ max: 10_000 });

  constructor(
    private readonly revocations: Revocations,
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthorizedRequest>();
    const token = presentedToken(request);
    if (token === null) throw new BearerChallenge();
    const known = this.verified.get(token);
    if (known) {
      if (!this.keys.publicKey(known.kid)) throw refused('The key of the access token was withdrawn', known.claims);
      request.user = known.claims;
    } else {
      await super.canActivate(context);
      this.verified.set(token, { claims: request.user, kid: keyIdOf(token)! });
    }
    if (request.user.exp * 1000 <= this.clock.now().getTime()) throw refused('The access token expired', request.user);
    if (await this.revocations.isRevoked(request.user.sid)) throw refused('The access token was revoked', request.user);
    return true;
  }

  override handleRequest<User>(error: unknown, user: User | false): User {
    if (error) throw error;
    if (!user) throw refused('The access token is not valid here, or has expired');
    return user;
  }
}

function refused(description: string, claims?: AccessTokenClaims): BearerChallenge {
  const compared = claims ? { sid: claims.sid, client_id: claims.client_id, exp: claims.exp } : {};
  return new BearerChallenge('invalid_token', description, new Finding('access-token', { description, ...compared }));
}
