import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Module } from '@nestjs/common';
import { CLIENT_AUTH_METHODS, PRIVATE_KEY_JWT } from '../oauth/client-metadata.js';
import { ASSERTION_ALGORITHMS } from '../jwt/client-assertions.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { RevocationController } from './revocation.controller.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationFeedController } from './revocation-feed.controller.js';

@Module({ controllers: [RevocationController, RevocationFeedController], providers: [RevocationFeed] })
export class RevocationModule {
  static metadata({ origin, cimd }: Pick<Config, 'origin' | 'cimd'>): ServerMetadata {
    return {
      revocation_endpoint: origin + PATHS.revocation,
      revocation_feed_endpoint: origin + PATHS.revocationFeed,
      revocation_endpoint_auth_methods_supported: [...CLIENT_AUTH_METHODS, ...(cimd ? [PRIVATE_KEY_JWT] : [])],
      ...(cimd && { revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS }),
    };
  }
}
