import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthorizationModule } from './authorization/authorization.module.js';
import { ClientsModule } from './clients/clients.module.js';
import type { Config } from './config/config.js';
import { ConfigModule, type Outside } from './config/config.module.js';
import { ConsoleModule } from './console/console.module.js';
import { DatabaseModule } from './database/database.module.js';
import { GrantsModule } from './grants/grants.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { IntrospectionModule } from './introspection/introspection.module.js';
import { JwtModule } from './jwt/jwt.module.js';
import { MailModule } from './mail/mail.module.js';
import { McpModule } from './mcp/mcp.module.js';
import { MetadataModule } from './metadata/metadata.module.js';
import { PolicyModule } from './policy/policy.module.js';
import { RecorderModule } from './recorder/recorder.module.js';
import { RegistrationModule } from './registration/registration.module.js';
import { ResourcesModule } from './resources/resources.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { SealingModule } from './sealing/sealing.module.js';
import { TokenModule } from './token/token.module.js';
import { UpkeepModule } from './upkeep/upkeep.module.js';
import { UsageModule } from './usage/usage.module.js';

/** The whole server on one page, ground first. */
@Module({})
export class AppModule {
  static with(config: Config, outside?: Outside): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config, outside),
        DatabaseModule,
        SealingModule,
        JwtModule,
        ClientsModule,
        GrantsModule,
        ResourcesModule,
        AuditModule,
        PolicyModule,
        UsageModule,
        MailModule,
        AccountsModule,
        RecorderModule,
        UpkeepModule,
        HttpModule,
        MetadataModule.describing(
          AuthorizationModule,
          TokenModule,
          RegistrationModule,
          RevocationModule,
          IntrospectionModule,
        ),
        RegistrationModule,
        AuthorizationModule,
        TokenModule,
        RevocationModule,
        IntrospectionModule,
        McpModule,
        ConsoleModule,
        HealthModule,
      ],
    };
  }
}
