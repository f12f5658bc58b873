import { Injectable } from '@nestjs/common';
import type { Client } from '../../clients/clients.service.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import { GrantFailures } from '../../database/repositories/grant-failures.repository.js';
import { Grants, type IssuedGrant, type RefreshProof } from '../../database/repositories/grants.repository.js';
import { RefreshTokens } from '../../grants/refresh-tokens.js';
import { Finding } from '../../oauth/finding.js';
import { OAuthError } from '../../oauth/oauth-error.js';
import type { Parameters } from '../../oauth/parameters.js';
import { namedScopes, OFFLINE_ACCESS } from '../../oauth/scope.js';
import { hashSecret } from '../../oauth/secret.js';
import { Resources } from '../../resources/resources.service.js';
import { TokenIssuer } from '../token-issuer.js';
import type { GrantHandler, Issued } from './grant-handler.js';

/** The refresh token for a new pair (RFC 6749 §6), rotated at every use (oauth-v2-1-13 §4.3.1). */
@Injectable()
export class RefreshTokenGrant implements GrantHandler {
  static readonly grantType = 'refresh_token';
  readonly grantType = RefreshTokenGrant.grantType;

  constructor(
    private readonly grants: Grants,
    private readonly failures: GrantFailures,
    private readonly refreshTokens: RefreshTokens,
    private readonly issuer: TokenIssuer,
    private readonly resources: Resources,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async handle(client: Client, parameters: Parameters, address: string): Promise<Issued> {
    const token = this.refreshTokens.read(parameters.required('refresh_token'));
    const scopes = narrowedScopes(parameters.optional('scope'));
    const resources = parameters.all('resource');
    const resource = resources.length > 0 ? this.resources.requested(resources).uri : undefined;
    if (!token) {
      if (!client.metadata.grant_types.includes(this.grantType))
        throw new OAuthError(
          'unauthorized_client',
          'this client did not register for refresh_token',
          new Finding('grant-type-registered', { registered: client.metadata.grant_types }),
        );
      throw refused(new Finding('refresh-token-known', { made_here: false }));
    }
    const proof: RefreshProof = {
      grantId: token.grantId,
      generation: token.generation,
      secretHash: hashSecret(token.secret),
      clientDigest: client.digest,
      resource,
      scopes,
    };
    const at = this.clock.now();
    const expiresAt = new Date(at.getTime() + this.config.refreshTokenLifetime * 1000);
    const grant =
      (await this.grants.refresh(proof, at, expiresAt, address)) ?? (await this.samePredecessor(proof, at, address));
    return { grant, response: await this.issuer.issue(client, grant, token.secret, scopes) };
  }

  /**
   * The grant whose current token is the successor of this one, within the grace window: a retried or parallel refresh
   * gets the very same successor. Anything older was used before and is now in two hands: the grant ends.
   */
  private async samePredecessor(proof: RefreshProof, at: Date, address: string): Promise<IssuedGrant> {
    const grant = await this.failures.whyNotRefreshed(proof, at);
    if (!grant) throw refused(new Finding('refresh-token-known', { grant: proof.grantId, found: false }));
    if (grant.suspended) throw refused(new Finding('organization-stands', { grant: grant.id }));
    if (grant.denied) throw refused(new Finding('organization-policy', { grant: grant.id }));
    if (grant.withoutFactor) throw refused(new Finding('second-factor', { grant: grant.id }));
    if (grant.over !== null) throw refused(new Finding('grant-stands', { grant: grant.id, why: grant.over }));
    if (!grant.resourceMatches)
      throw new OAuthError(
        'invalid_target',
        'the resource is not one of this grant',
        new Finding('resource-granted', { asked: proof.resource, granted: grant.resource, grant: grant.id }),
      );
    if (!grant.scopeMatches)
      throw new OAuthError(
        'invalid_scope',
        'the scope exceeds what was approved',
        new Finding('scope-granted', { asked: proof.scopes, approved: grant.scopes, grant: grant.id }),
      );
    if (grant.generation === proof.generation)
      throw new OAuthError(
        'temporarily_unavailable',
        'the grant changed meanwhile; try again',
        new Finding('grant-stands', { grant: grant.id, changed: 'meanwhile' }),
      );
    const age = at.getTime() - grant.rotatedAt.getTime();
    if (
      grant.generation === proof.generation + 1 &&
      age <= this.config.refreshGrace * 1000 &&
      this.config.refreshGrace > 0
    )
      return grant;
    await this.grants.revoke(grant.id, at, 'refresh_reused', {}, address);
    throw refused(
      new Finding('refresh-token-once', {
        grant: grant.id,
        presented_generation: proof.generation,
        current_generation: grant.generation,
        rotated_seconds_ago: Math.round(age / 1000),
        grace_seconds: this.config.refreshGrace,
      }),
    );
  }
}

/**
 * What the new access token shall carry; undefined means all. `offline_access` is no scope of a token, and tools add
 * it.
 */
function narrowedScopes(value: string | undefined): string[] | undefined {
  const named = namedScopes(value).filter((name) => name !== OFFLINE_ACCESS);
  return named.length > 0 ? named : undefined;
}

/** One sentence for every reason: which it was is nobody's business but the log's. */
function refused(finding: Finding): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'the refresh token is not valid; begin again at the authorization endpoint',
    finding,
  );
}
