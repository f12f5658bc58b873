import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import { Module } from '@nestjs/common';
import { CODE_CHALLENGE_METHOD } from '../oauth/pkce.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { Answers } from './answers.js';
import { ApprovalController } from './approval.controller.js';
import { AskController } from './ask.controller.js';
import { AskedRequests } from './asked-requests.js';
import { AuthorizationController } from './authorization.controller.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { Entries } from './entries.js';
import { LoginController } from './login.controller.js';
import { OrganizationController } from './organization.controller.js';
import { OrganizationPolicy } from './organization-policy.js';
import { SecondFactorController } from './second-factor.controller.js';
import { Steps } from './steps.js';

@Module({
  controllers: [
    AuthorizationController,
    LoginController,
    SecondFactorController,
    OrganizationController,
    AskController,
    ApprovalController,
  ],
  providers: [Answers, AskedRequests, AuthorizationRequests, Entries, OrganizationPolicy, Steps],
})
export class AuthorizationModule {
  static metadata({ origin, cimd }: Pick<Config, 'origin' | 'cimd'>): ServerMetadata {
    return {
      authorization_endpoint: origin + PATHS.authorization,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: [CODE_CHALLENGE_METHOD],
      authorization_response_iss_parameter_supported: true,
      ...(cimd && { client_id_metadata_document_supported: true }),
    };
  }
}
