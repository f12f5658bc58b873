import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Module } from '@nestjs/common';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { RegistrationController } from './registration.controller.js';

@Module({ controllers: [RegistrationController] })
export class RegistrationModule {
  static metadata({ origin }: Pick<Config, 'origin'>): ServerMetadata {
    return { registration_endpoint: origin + PATHS.registration };
  }
}
