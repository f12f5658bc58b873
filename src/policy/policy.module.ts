import { Global, Module } from '@nestjs/common';
import { RequiredFactor } from './required-factor.service.js';
import { ToolAccess } from './tool-access.service.js';
import { ToolPolicy } from './tool-policy.service.js';

@Global()
@Module({ providers: [RequiredFactor, ToolAccess, ToolPolicy], exports: [RequiredFactor, ToolAccess, ToolPolicy] })
export class PolicyModule {}
