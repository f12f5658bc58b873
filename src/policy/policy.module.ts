import { Global, Module } from '@nestjs/common';
import { ToolPolicy } from './tool-policy.service.js';

@Global()
@Module({ providers: [ToolPolicy], exports: [ToolPolicy] })
export class PolicyModule {}
