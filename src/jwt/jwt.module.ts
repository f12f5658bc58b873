import { Global, Module } from '@nestjs/common';
import { JwtModule as NestJwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessTokens } from './access-tokens.service.js';
import { ClientAssertions } from './client-assertions.js';
import { KeyRing } from './key-ring.js';
import { RevocationLists } from './revocation-lists.js';

@Global()
@Module({
  imports: [NestJwtModule.register({}), PassportModule],
  providers: [KeyRing, AccessTokens, AccessTokenStrategy, ClientAssertions, RevocationLists],
  exports: [KeyRing, AccessTokens, ClientAssertions, RevocationLists],
})
export class JwtModule {}
