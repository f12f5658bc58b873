import { Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { PATHS } from '../config/paths.js';
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
 * Token introspection (RFC 7662), for the servers of declared resources. Each learns only about access tokens for
 * itself: any other text is "not active", whatever it is.
 */
@Controller(PATHS.introspection)
export class IntrospectionController {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly revocations: Revocations,
    private readonly usage: Usage,
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
    const good = claims && this.accessTokens.isGood(claims, resource.uri);
    if (!good || (await this.revocations.isRevoked(claims.sid))) return { active: false };
    // That a server asks is all that is seen of a call to it: not what it was for, nor whose address it came from.
    this.usage.count(
      { grantId: claims.sid, organizationId: claims.org_id, address: '' },
      { scopes: [], failed: false },
    );
    return { active: true, token_type: 'Bearer', ...claims };
  }
}
