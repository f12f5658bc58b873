import { Global, Module } from '@nestjs/common';
import { DeclaredResources } from './declared-resources.js';
import { Resources } from './resources.service.js';

@Global()
@Module({ providers: [DeclaredResources, Resources], exports: [DeclaredResources, Resources] })
export class ResourcesModule {}
