import { Controller, Get, Header, Inject, NotFoundException, Param } from '@nestjs/common';
import { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import type { ProtectedResource } from '../oauth/resource.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';
import { Resources } from '../resources/resources.service.js';
import { describeServer, FEATURES_METADATA } from './server-metadata.js';

const CACHE = 'public, max-age=300';
const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Discovery. The issuer has a path, so its metadata belongs at the path-inserted address (RFC 8414 §3.1); the root copy
 * and the appended form are there for tools that look nowhere else. All give the same bytes.
 */
@Controller()
export class WellKnownController {
  /** The server's metadata, as long as the resources are these. */
  private written?: { readonly of: readonly ProtectedResource[]; readonly text: string };

  constructor(
    @Inject(FEATURES_METADATA) private readonly features: ServerMetadata,
    private readonly resources: Resources,
    private readonly config: Config,
  ) {}

  @Get([PATHS.serverMetadata, PATHS.serverMetadataAtRoot, PATHS.serverMetadataAppended])
  @Header('Cache-Control', CACHE)
  @Header('Content-Type', JSON_TYPE)
  authorizationServer(): string {
    const resources = this.resources.all();
    if (this.written?.of !== resources)
      this.written = { of: resources, text: JSON.stringify(describeServer(this.config, this.features, resources)) };
    return this.written.text;
  }

  /** RFC 9728 §3.1. */
  @Get([PATHS.resourceMetadata, PATHS.resourceMetadataAtRoot])
  @Header('Cache-Control', CACHE)
  ownResource() {
    return this.describe(this.resources.own);
  }

  /** A declared resource at this server's own origin, behind the same proxy: its metadata is asked for here. */
  @Get(`${PATHS.resourceMetadataAtRoot}/*`)
  @Header('Cache-Control', CACHE)
  declaredResource(@Param('*') path: string) {
    const resource = this.resources.find(`${this.config.origin}/${path}`);
    if (!resource) throw new NotFoundException();
    return this.describe(resource);
  }

  private describe({ uri, name, scopes }: ProtectedResource) {
    return {
      resource: uri,
      authorization_servers: [this.config.issuer],
      scopes_supported: scopes.names,
      bearer_methods_supported: ['header'],
      resource_name: name,
      resource_documentation: `${this.config.origin}/console`,
    };
  }
}
