import { type DynamicModule, Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { JwksController } from './jwks.controller.js';
import { FEATURES_METADATA } from './server-metadata.js';
import { WellKnownController } from './well-known.controller.js';

/** A feature that has something to advertise. What is not mounted is not advertised. */
export interface Described {
  metadata(config: Config): ServerMetadata;
}

@Module({})
export class MetadataModule {
  /** Publishes what these features say about themselves. */
  static describing(...features: Described[]): DynamicModule {
    const useFactory = (config: Config) => Object.assign({}, ...features.map((feature) => feature.metadata(config)));
    return {
      module: MetadataModule,
      controllers: [WellKnownController, JwksController],
      providers: [{ provide: FEATURES_METADATA, inject: [Config], useFactory }],
    };
  }
}
