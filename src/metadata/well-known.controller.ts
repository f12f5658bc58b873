import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Config } from '../config/config.js';
import { RESOURCE_SCOPES } from '../oauth/scope.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { SERVER_METADATA } from './server-metadata.js';

const CACHE = 'public, max-age=300';

/**
 * Discovery. The issuer has a path, so its metadata belongs at the path-inserted address (RFC 8414 §3.1); the root copy
 * and the appended form are there for tools that look nowhere else. All give the same bytes.
 */
@Controller()
export class WellKnownController {
  private readonly resourceMetadata;

  constructor(
    @Inject(SERVER_METADATA) private readonly serverMetadata: ServerMetadata,
    config: Config,
  ) {
    this.resourceMetadata = {
      resource: config.resource,
      authorization_servers: [config.issuer],
      scopes_supported: RESOURCE_SCOPES,
      bearer_methods_supported: ['header'],
      resource_name: 'bkend MCP',
      resource_documentation: `${config.origin}/console`,
    };
  }

  @Get([
    '.well-known/oauth-authorization-server/mcp',
    '.well-known/oauth-authorization-server',
    'mcp/.well-known/oauth-authorization-server',
  ])
  @Header('Cache-Control', CACHE)
  authorizationServer(): ServerMetadata {
    return this.serverMetadata;
  }

  /** RFC 9728 §3.1. */
  @Get(['.well-known/oauth-protected-resource/mcp', '.well-known/oauth-protected-resource'])
  @Header('Cache-Control', CACHE)
  protectedResource() {
    return this.resourceMetadata;
  }
}
