import { Global, Module } from '@nestjs/common';
import { RefreshTokens } from './refresh-tokens.js';
import { Revocations } from './revocations.service.js';

@Global()
@Module({ providers: [RefreshTokens, Revocations], exports: [RefreshTokens, Revocations] })
export class GrantsModule {}
