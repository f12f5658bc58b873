import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { Revocations } from '../grants/revocations.service.js';
import { type AccessTokenClaims, AccessTokens } from '../jwt/access-tokens.service.js';
import { claimsOf, presentedToken } from '../jwt/presented-token.js';
import { Finding } from '../oauth/finding.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';

/** A request whose access token was verified. */
export interface AuthorizedRequest extends FastifyRequest {
  user: AccessTokenClaims;
}

/**
 * Lets in whoever presents a live access token for this resource; throws `BearerChallenge` otherwise. Whether it was
 * revoked, or the key that signed it withdrawn, is asked at every call.
 */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthorizedRequest>();
    const token = presentedToken(request);
    if (token === null) throw new BearerChallenge();
    const claims = this.accessTokens.read(token);
    if (!claims || !this.accessTokens.isGood(claims, this.config.resource)) throw this.notGood(token, claims);
    request.user = claims;
    const isRevoked = this.revocations.isRevoked(claims.sid);
    return typeof isRevoked === 'boolean' ? passes(claims, isRevoked) : isRevoked.then((is) => passes(claims, is));
  }

  /** What is ours and has expired, or is for somewhere else, is told by what is compared. */
  private notGood(token: string, read: AccessTokenClaims | undefined): BearerChallenge {
    const { aud, iss, exp } = read ?? claimsOf(token);
    return refused('The access token is not valid here or has expired', {
      made_here: read !== undefined,
      ...(read && { sid: read.sid, client_id: read.client_id }),
      ...(typeof exp === 'number' && exp < 1e11 && { expires: new Date(exp * 1000), now: this.clock.now() }),
      audience: aud,
      expected_audience: this.config.resource,
      issuer: iss,
      expected_issuer: this.config.issuer,
    });
  }
}

function passes({ sid, client_id }: AccessTokenClaims, isRevoked: boolean): true {
  if (isRevoked) throw refused('The access token was revoked', { sid, client_id });
  return true;
}

function refused(description: string, compared: Readonly<Record<string, unknown>>): BearerChallenge {
  return new BearerChallenge('invalid_token', description, new Finding('access-token', { description, ...compared }));
}
