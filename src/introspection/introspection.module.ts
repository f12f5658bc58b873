import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { IntrospectionController } from './introspection.controller.js';
import { RESOURCE_SERVER_AUTH_METHODS } from './resource-server.guard.js';

@Module({ controllers: [IntrospectionController] })
export class IntrospectionModule {
  static metadata({ origin }: Pick<Config, 'origin'>): ServerMetadata {
    return {
      introspection_endpoint: origin + PATHS.introspection,
      introspection_endpoint_auth_methods_supported: RESOURCE_SERVER_AUTH_METHODS,
    };
  }
}
