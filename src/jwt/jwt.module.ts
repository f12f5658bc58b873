import { Global, Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens.service.js';
import { ClientAssertions } from './client-assertions.js';
import { KeyRing } from './key-ring.js';
import { RevocationLists } from './revocation-lists.js';
import { SignedTokens } from './signed-tokens.js';

@Global()
@Module({
  providers: [KeyRing, SignedTokens, AccessTokens, ClientAssertions, RevocationLists],
  exports: [KeyRing, AccessTokens, ClientAssertions, RevocationLists],
})
export class JwtModule {}
