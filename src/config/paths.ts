/**
 * The endpoints that tools use, beneath this server's origin. Named here, below all that serves or advertises them,
 * since the issuer, the metadata, the audience of assertions and the redirects are made of the same paths.
 */
export const PATHS = {
  mcp: '/mcp',
  registration: '/mcp/oauth/register',
  authorization: '/mcp/oauth/authorize',
  token: '/mcp/oauth/token',
  revocation: '/mcp/oauth/revoke',
  revocationFeed: '/mcp/oauth/revocations',
  introspection: '/mcp/oauth/introspect',
  jwks: '/mcp/oauth/jwks',
  /** RFC 9728 §3.1. */
  resourceMetadata: '/.well-known/oauth-protected-resource/mcp',
  resourceMetadataAtRoot: '/.well-known/oauth-protected-resource',
  /** RFC 8414 §3.1. */
  serverMetadata: '/.well-known/oauth-authorization-server/mcp',
  serverMetadataAtRoot: '/.well-known/oauth-authorization-server',
  serverMetadataAppended: '/mcp/.well-known/oauth-authorization-server',
} as const;
