import { Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Revocations } from '../grants/revocations.service.js';
import { FormParameters } from '../http/form-parameters.js';
import { type AccessTokenClaims, AccessTokens } from '../jwt/access-tokens.service.js';
import type { Parameters } from '../oauth/parameters.js';
import type { ProtectedResource } from '../oauth/resource.js';
import { Usage } from '../usage/usage.service.js';
import { AuthenticatedResource, ResourceServerGuard } from './resource-server.guard.js';

/** RFC 7662 §2.2, spelt as on the wire. */
type Introspection = { readonly active: false } | (AccessTokenClaims & { readonly active: true; token_type: 'Bearer' });

/**
 * Token introspection (RFC 7662), for the servers of declared resources. Each learns only about access tokens for itself:
 * any other text is "not active", whatever it is.
 */
@Controller('mcp/oauth/introspect')
export class IntrospectionController {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly usage: Usage,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseGuards(ResourceServerGuard)
  async introspect(
    @AuthenticatedResource() resource: ProtectedResource,
    @FormParameters() parameters: Parameters,
  ): Promise<Introspection> {
    parameters.refuseRepeated(['token', 'token_type_hint', 'client_id', 'client_secret']);
    const claims = this.accessTokens.read(parameters.required('token'));
    const live =
      claims?.aud === resource.uri &&
      claims.exp * 1000 > this.clock.now().getTime() &&
      !(await this.revocations.isRevoked(claims.sid));
    // That a server asks is all that is seen of a call to it: not what it was for, nor whose address it came from.
    if (live)
      this.usage.count(
        { grantId: claims.sid, organizationId: claims.org_id, address: '' },
        { scopes: [], failed: false },
      );
    return live ? { active: true, token_type: 'Bearer', ...claims } : { active: false };
  }
}
