import type { Config } from '../config/config.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';

export const SERVER_METADATA = Symbol('the authorization server metadata');

/** The whole document (RFC 8414 §2): the issuer, then each feature's own lines. */
export function describeServer(
  config: Pick<Config, 'issuer' | 'origin' | 'resource'>,
  features: readonly ServerMetadata[],
): ServerMetadata {
  return Object.assign({ issuer: config.issuer }, ...features, {
    jwks_uri: `${config.origin}/mcp/oauth/jwks`,
    protected_resources: [config.resource],
    service_documentation: `${config.origin}/console`,
  });
}
