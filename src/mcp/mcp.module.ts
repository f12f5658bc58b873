import { Module } from '@nestjs/common';
import { McpController } from './mcp.controller.js';
import { McpServers } from './mcp-servers.js';
import { OriginGuard } from './origin.guard.js';
import { ScopeGuard } from './scope.guard.js';

@Module({ controllers: [McpController], providers: [McpServers, OriginGuard, ScopeGuard] })
export class McpModule {}
