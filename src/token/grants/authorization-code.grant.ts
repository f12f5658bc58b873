import { Injectable } from '@nestjs/common';
import type { Client } from '../../clients/clients.service.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import { GrantFailures } from '../../database/repositories/grant-failures.repository.js';
import { type CodeProof, Grants } from '../../database/repositories/grants.repository.js';
import { RefreshTokens } from '../../grants/refresh-tokens.js';
import { Finding } from '../../oauth/finding.js';
import { OAuthError } from '../../oauth/oauth-error.js';
import type { Parameters } from '../../oauth/parameters.js';
import { challengeOf } from '../../oauth/pkce.js';
import { hashSecret } from '../../oauth/secret.js';
import { Resources } from '../../resources/resources.service.js';
import { TokenIssuer } from '../token-issuer.js';
import type { GrantHandler, Issued } from './grant-handler.js';

/** The code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5). */
@Injectable()
export class AuthorizationCodeGrant implements GrantHandler {
  static readonly grantType = 'authorization_code';
  readonly grantType = AuthorizationCodeGrant.grantType;

  constructor(
    private readonly grants: Grants,
    private readonly failures: GrantFailures,
    private readonly issuer: TokenIssuer,
    private readonly resources: Resources,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  async handle(client: Client, parameters: Parameters, address: string): Promise<Issued> {
    const resources = parameters.all('resource');
    const proof: CodeProof = {
      codeHash: hashSecret(parameters.required('code')),
      clientDigest: client.digest,
      codeChallenge: challengeOf(parameters.required('code_verifier')),
      redirectUri: parameters.optional('redirect_uri'),
      resource: resources.length > 0 ? this.resources.requested(resources).uri : undefined,
    };
    const at = this.clock.now();
    const secret = RefreshTokens.newSecret();
    const expires = {
      refresh: after(at, this.config.refreshTokenLifetime),
      access: after(at, this.config.accessTokenLifetime),
    };
    const grant = await this.grants.exchange(proof, at, hashSecret(secret), expires, address);
    if (!grant) throw await this.refusal(client, proof, at, address);
    return { grant, response: await this.issuer.issue(client, grant, secret) };
  }

  /**
   * A second redemption that proves possession is a stolen code: the grant ends (RFC 6749 §4.1.2). One that does not
   * prove it changes nothing, or a stranger could end connections; it only counts, and the fifth kills an unused code.
   */
  private async refusal(client: Client, proof: CodeProof, at: Date, address: string): Promise<OAuthError> {
    const found = await this.failures.whyNotExchanged(proof, at);
    if (!found) return refused(new Finding('code-known', { client_id: client.clientId }));
    const redirectUriMatches = proof.redirectUri === undefined || proof.redirectUri === found.redirectUri;
    if (!found.clientMatches || !found.verifierMatches || !redirectUriMatches) {
      await this.grants.countCodeFailure(found.id);
      return refused(
        new Finding('code-proof', {
          client_matches: found.clientMatches,
          code_verifier_matches: found.verifierMatches,
          redirect_uri: proof.redirectUri,
          asked_for_with: found.redirectUri,
          failures: found.failures + 1,
          grant: found.id,
        }),
      );
    }
    if (found.usedAt) {
      await this.grants.revoke(found.id, at, 'code_replayed', {}, address);
      return refused(new Finding('code-once', { grant: found.id, used: found.usedAt }));
    }
    if (proof.resource !== undefined && proof.resource !== found.resource)
      return new OAuthError(
        'invalid_target',
        'the resource is not the one of the authorization request',
        new Finding('resource-granted', { asked: proof.resource, granted: found.resource, grant: found.id }),
      );
    if (found.suspended) return refused(new Finding('organization-stands', { grant: found.id }));
    if (found.denied) return refused(new Finding('organization-policy', { grant: found.id }));
    if (found.withoutFactor) return refused(new Finding('second-factor', { grant: found.id }));
    return refused(
      new Finding('code-life', { grant: found.id, expires: found.expiresAt, failures: found.failures, now: at }),
    );
  }
}

const after = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);

/** One sentence for every reason: which it was is nobody's business but the log's. */
function refused(finding: Finding): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'the authorization code is not valid; begin again at the authorization endpoint',
    finding,
  );
}
