import { CLIENT_GRANT_TYPES, type ClientMetadata } from '../oauth/client-metadata.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { acceptableRedirectUris, type RedirectPolicy } from '../oauth/redirect-uri.js';
import type { RegistrationRequest } from './registration-request.js';

/**
 * What is registered: the request with this server's defaults and within its means (RFC 7591 §2, §3.2.1 lets a server
 * replace values). Throws `invalid_redirect_uri` or `invalid_client_metadata`.
 */
export function registeredMetadata(request: RegistrationRequest, policy: RedirectPolicy): ClientMetadata {
  const { client_name, client_uri, scope, application_type, software_id, software_version } = request;
  return {
    ...(client_name && { client_name }),
    redirect_uris: redirectUris(request.redirect_uris, policy),
    grant_types: acceptableGrantTypes(request.grant_types),
    response_types: acceptableResponseTypes(request.response_types),
    // Public unless a secret is asked for: RFC 7591 §2 says `client_secret_basic`, but tools that omit it expect none.
    token_endpoint_auth_method: request.token_endpoint_auth_method ?? 'none',
    ...(scope && { scope }),
    ...(application_type && { application_type }),
    ...(client_uri && { client_uri }),
    ...(software_id && { software_id }),
    ...(software_version && { software_version }),
  };
}

function redirectUris(uris: readonly string[], policy: RedirectPolicy): string[] {
  const { accepted, refused } = acceptableRedirectUris(uris, policy);
  if (refused)
    throw new OAuthError('invalid_redirect_uri', refused.reason, new Finding('redirect-uri-form', { asked: uris }));
  return accepted;
}

/**
 * Grant types this server does not have fall away. None named: both, so that no tool is left without a refresh token.
 */
function acceptableGrantTypes(named: readonly string[] | undefined): readonly string[] {
  if (!named?.length) return CLIENT_GRANT_TYPES;
  const accepted = CLIENT_GRANT_TYPES.filter((type) => named.includes(type));
  if (!accepted.includes('authorization_code'))
    throw new OAuthError(
      'invalid_client_metadata',
      'grant_types must include authorization_code',
      new Finding('registration', { grant_types: named }),
    );
  return accepted;
}

function acceptableResponseTypes(named: readonly string[] | undefined): string[] {
  if (named?.length && !named.includes('code'))
    throw new OAuthError(
      'invalid_client_metadata',
      'response_types must include code',
      new Finding('registration', { response_types: named }),
    );
  return ['code'];
}
