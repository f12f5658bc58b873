import { Global, Module } from '@nestjs/common';
import { Usage } from './usage.service.js';

@Global()
@Module({ providers: [Usage], exports: [Usage] })
export class UsageModule {}
