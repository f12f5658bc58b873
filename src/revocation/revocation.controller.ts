import { Controller, Header, HttpCode, Ip, Post, UseGuards } from '@nestjs/common';
import type { Client } from '../clients/clients.service.js';
import { Clock } from '../config/clock.js';
import { PATHS } from '../config/paths.js';
import { Grants } from '../database/repositories/grants.repository.js';
import { RefreshTokens } from '../grants/refresh-tokens.js';
import { AuthenticatedClient, ClientAuthenticationGuard } from '../http/client-authentication.guard.js';
import { FormParameters } from '../http/form-parameters.js';
import { AccessTokens } from '../jwt/access-tokens.service.js';
import type { Parameters } from '../oauth/parameters.js';
import { hashSecret } from '../oauth/secret.js';

/**
 * Token revocation (RFC 7009 §2). Either token of a grant ends the grant. A token that is unknown, over or another
 * client's is answered like one that was revoked, and changes nothing.
 */
@Controller(PATHS.revocation)
export class RevocationController {
  constructor(
    private readonly grants: Grants,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseGuards(ClientAuthenticationGuard)
  async revoke(
    @AuthenticatedClient() client: Client,
    @FormParameters() parameters: Parameters,
    @Ip() address: string,
  ): Promise<void> {
    parameters.refuseRepeated(['token', 'token_type_hint', 'client_id', 'client_secret']);
    const token = parameters.required('token');
    const holder = this.refreshTokenHolder(token) ?? this.accessTokenHolder(token, client);
    if (!holder) return;
    const { grantId, secretHash } = holder;
    const by = { clientDigest: client.digest, secretHash };
    await this.grants.revoke(grantId, this.clock.now(), 'token_revoked', by, address);
  }

  private refreshTokenHolder(token: string): { grantId: string; secretHash?: Buffer } | undefined {
    const parts = this.refreshTokens.read(token);
    return parts && { grantId: parts.grantId, secretHash: hashSecret(parts.secret) };
  }

  private accessTokenHolder(token: string, client: Client): { grantId: string; secretHash?: Buffer } | undefined {
    const claims = this.accessTokens.read(token);
    return claims?.client_id === client.clientId ? { grantId: claims.sid } : undefined;
  }
}
