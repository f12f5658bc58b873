import { Injectable } from '@nestjs/common';
import type { Client } from '../clients/clients.service.js';
import { Config } from '../config/config.js';
import type { IssuedGrant } from '../database/repositories/grants.repository.js';
import { RefreshTokens } from '../grants/refresh-tokens.js';
import { AccessTokens } from '../jwt/access-tokens.service.js';
import { OFFLINE_ACCESS } from '../oauth/scope.js';
import { Resources } from '../resources/resources.service.js';

/** RFC 6749 §5.1, spelt as on the wire. `expires_in` is in seconds. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope: string;
}

@Injectable()
export class TokenIssuer {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly resources: Resources,
    private readonly config: Config,
  ) {}

  /**
   * Tokens of a grant as it stands: the access token carries what was approved, within `scopes` if the client narrows
   * it, less what the person's role or the organization does not allow now, or the resource no longer has. `secret`: of
   * the grant's refresh tokens.
   */
  async issue(
    client: Client,
    grant: IssuedGrant,
    secret: Buffer,
    scopes: readonly string[] = grant.scopes,
  ): Promise<TokenResponse> {
    const catalogue = (await this.resources.findNow(grant.resource))?.scopes;
    const wanted = catalogue?.expand(scopes) ?? [];
    const approved = grant.scopes.filter((name) => wanted.includes(name));
    const allowed = catalogue?.allowed(approved, grant.role, grant.ceiling) ?? [];
    const accessToken = this.accessTokens.issue({
      sub: grant.userId,
      aud: grant.resource,
      client_id: client.clientId,
      // RFC 9068 §2.2.3: what means something to the resource.
      scope: allowed.filter((name) => name !== OFFLINE_ACCESS).join(' '),
      sid: grant.id,
      org_id: grant.organizationId,
    });
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.config.accessTokenLifetime,
      ...(grant.renewable && {
        refresh_token: this.refreshTokens.write({ grantId: grant.id, generation: grant.generation, secret }),
      }),
      scope: allowed.join(' '),
    };
  }
}
