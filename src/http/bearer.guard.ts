import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Revocations } from '../grants/revocations.service.js';
import type { AccessTokenClaims } from '../jwt/access-tokens.service.js';
import { keyIdOf } from '../jwt/access-token.strategy.js';
import { KeyRing } from '../jwt/key-ring.js';
import { claimsOf, presentedToken } from '../jwt/presented-token.js';
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
    private readonly config: Config,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthorizedRequest>();
    const token = presentedToken(request);
    if (token === null) throw new BearerChallenge();
    const known = this.verified.get(token);
    if (known) {
      request.user = known.claims;
      const { sid, client_id } = known.claims;
      if (!this.keys.publicKey(known.kid))
        throw refused('The key of the access token was withdrawn', { sid, client_id, kid: known.kid });
    } else {
      await super.canActivate(context);
      this.verified.set(token, { claims: request.user, kid: keyIdOf(token)! });
    }
    const { sid, client_id, exp } = request.user;
    const now = this.clock.now();
    const compared = { sid, client_id, expires: new Date(exp * 1000), now };
    if (exp * 1000 <= now.getTime()) throw refused('The access token expired', compared);
    if (await this.revocations.isRevoked(sid)) throw refused('The access token was revoked', compared);
    return true;
  }

  override handleRequest<User>(error: unknown, user: User | false, fault: unknown, context: ExecutionContext): User {
    if (error) throw error;
    if (user) return user;
    const { aud, iss, exp } = claimsOf(presentedToken(context.switchToHttp().getRequest<FastifyRequest>()));
    throw refused('The access token is not valid here, or has expired', {
      // By its signature; what is ours and has expired, or is for somewhere else, is told by what follows.
      made_here: !(fault instanceof Error),
      ...(typeof exp === 'number' && exp < 1e11 && { expires: new Date(exp * 1000), now: this.clock.now() }),
      audience: aud,
      expected_audience: this.config.resource,
      issuer: iss,
      expected_issuer: this.config.issuer,
    });
  }
}

function refused(description: string, compared: Readonly<Record<string, unknown>>): BearerChallenge {
  return new BearerChallenge('invalid_token', description, new Finding('access-token', { description, ...compared }));
}
