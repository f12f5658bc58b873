import type { Config } from '../config/config.js';
import { Module } from '@nestjs/common';
import { CLIENT_AUTH_METHODS } from '../oauth/client-metadata.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { RevocationController } from './revocation.controller.js';

@Module({ controllers: [RevocationController] })
export class RevocationModule {
  static metadata({ origin }: Pick<Config, 'origin'>): ServerMetadata {
    return {
      revocation_endpoint: `${origin}/mcp/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    };
  }
}
