import type { ClientMetadata } from '../../oauth/client-metadata.js';
import { redirectFault, type RedirectPolicy } from '../../oauth/redirect-uri.js';
import { DocumentUnavailable } from './document-fetcher.js';

const GRANT_TYPES = ['authorization_code', 'refresh_token'];
const MAX_REDIRECT_URIS = 20;
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]{1,200}$/u;

/**
 * The client a document describes (draft-ietf-oauth-client-id-metadata-document §4). Unknown members are ignored, grant
 * types are what both sides have. Throws `DocumentUnavailable` for a document nobody may use.
 */
export function readClientDocument(url: string, text: string, policy: RedirectPolicy): ClientMetadata {
  const document = parse(text);
  if (document['client_id'] !== url) throw new DocumentUnavailable('its client_id is not its address');
  if ('client_secret' in document || 'client_secret_expires_at' in document)
    throw new DocumentUnavailable('it holds a secret');
  if (!authenticatesAsNone(document))
    throw new DocumentUnavailable('it authenticates in a way this server does not have');
  const { client_name, client_uri } = document;
  if (typeof client_name !== 'string' || !VISIBLE.test(client_name.trim()))
    throw new DocumentUnavailable('it has no readable client_name');
  return {
    client_name: client_name.trim(),
    redirect_uris: redirectUris(document['redirect_uris'], policy),
    grant_types: grantTypes(document['grant_types']),
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...(typeof client_uri === 'string' && /^https:\/\/[\x21-\x7e]{1,500}$/.test(client_uri) && { client_uri }),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document))
      return document as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new DocumentUnavailable('it is not a JSON object');
}

/** `token_endpoint_auth_methods_supported` is what some publish beside the one method: any of them will do. */
function authenticatesAsNone(document: Record<string, unknown>): boolean {
  const offered = [
    document['token_endpoint_auth_methods_supported'] ?? [],
    document['token_endpoint_auth_method'] ?? 'none',
  ].flat();
  return offered.includes('none') && !offered.some((method) => String(method).startsWith('client_secret'));
}

/** Those that can be used; a scheme that is unknown here falls away as long as another remains. */
function redirectUris(value: unknown, policy: RedirectPolicy): string[] {
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    value.length > MAX_REDIRECT_URIS ||
    !value.every((uri) => typeof uri === 'string')
  ) {
    throw new DocumentUnavailable('its redirect_uris are not a list of URIs');
  }
  const faults = (value as string[]).map((uri) => redirectFault(uri, policy));
  const refused = faults.find((fault) => fault && !fault.unknownScheme);
  const accepted = (value as string[]).filter((_, index) => !faults[index]);
  if (refused || accepted.length === 0)
    throw new DocumentUnavailable(`a redirect URI cannot be used: ${(refused ?? faults[0])?.reason}`);
  return [...new Set(accepted)];
}

function grantTypes(value: unknown): string[] {
  if (!Array.isArray(value)) return GRANT_TYPES;
  const accepted = GRANT_TYPES.filter((type) => value.includes(type));
  if (!accepted.includes('authorization_code'))
    throw new DocumentUnavailable('its grant_types do not include authorization_code');
  return accepted;
}
