import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Module } from '@nestjs/common';
import { CLIENT_AUTH_METHODS, PRIVATE_KEY_JWT } from '../oauth/client-metadata.js';
import { ASSERTION_ALGORITHMS } from '../jwt/client-assertions.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import type { GrantHandler } from './grants/grant-handler.js';
import { GRANT_HANDLERS, GRANT_TYPES, HANDLERS } from './grants/index.js';
import { TokenController } from './token.controller.js';
import { TokenIssuer } from './token-issuer.js';

@Module({
  controllers: [TokenController],
  providers: [
    TokenIssuer,
    ...GRANT_HANDLERS,
    { provide: HANDLERS, inject: GRANT_HANDLERS, useFactory: (...handlers: GrantHandler[]) => handlers },
  ],
})
export class TokenModule {
  static metadata({ origin, cimd }: Pick<Config, 'origin' | 'cimd'>): ServerMetadata {
    return {
      token_endpoint: origin + PATHS.token,
      grant_types_supported: GRANT_TYPES,
      token_endpoint_auth_methods_supported: [...CLIENT_AUTH_METHODS, ...(cimd ? [PRIVATE_KEY_JWT] : [])],
      ...(cimd && { token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS }),
    };
  }
}
