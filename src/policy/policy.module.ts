import { Global, Module } from '@nestjs/common';
import { ToolAccess } from './tool-access.service.js';
import { ToolPolicy } from './tool-policy.service.js';

@Global()
@Module({ providers: [ToolAccess, ToolPolicy], exports: [ToolAccess, ToolPolicy] })
export class PolicyModule {}
