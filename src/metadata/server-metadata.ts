import type { Config } from '../config/config.js';
import { PATHS } from '../config/paths.js';
import type { ProtectedResource } from '../oauth/resource.js';
import { OFFLINE_ACCESS } from '../oauth/scope.js';
import type { ServerMetadata } from '../oauth/server-metadata.js';

export const FEATURES_METADATA = Symbol('what the features advertise');

/** The whole document (RFC 8414 §2): the issuer, each feature's own lines, what the protected resources have. */
export function describeServer(
  config: Pick<Config, 'issuer' | 'origin'>,
  features: ServerMetadata,
  resources: readonly ProtectedResource[],
): ServerMetadata {
  return {
    issuer: config.issuer,
    ...features,
    scopes_supported: [...new Set(resources.flatMap(({ scopes }) => scopes.names)), OFFLINE_ACCESS],
    jwks_uri: config.origin + PATHS.jwks,
    protected_resources: resources.map(({ uri }) => uri),
    service_documentation: `${config.origin}/console`,
  };
}
