import {
  CLIENT_GRANT_TYPES,
  type ClientAuthMethod,
  type ClientMetadata,
  PRIVATE_KEY_JWT,
} from '../../oauth/client-metadata.js';
import { isTooDeep } from '../../oauth/nesting.js';
import { acceptableRedirectUris, type RedirectPolicy } from '../../oauth/redirect-uri.js';
import { DocumentUnavailable } from './document-fetcher.js';

const MAX_REDIRECT_URIS = 20;
const MAX_KEYS = 10;
const VISIBLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]{1,200}$/u;

/** What a document says: the client, and where its keys are when it signs and does not hold them itself. */
export interface ClientDocument {
  readonly metadata: ClientMetadata;
  readonly jwksUri: string | undefined;
}

/**
 * The client a document describes (draft-ietf-oauth-client-id-metadata-document §4). Unknown members are ignored, grant
 * types are what both sides have, and of several ways to authenticate signing goes first. Throws `DocumentUnavailable`
 * for a document nobody may use.
 */
export function readClientDocument(url: string, text: string, policy: RedirectPolicy): ClientDocument {
  const document = parse(text);
  if (document['client_id'] !== url) throw new DocumentUnavailable('its client_id is not its address');
  if ('client_secret' in document || 'client_secret_expires_at' in document)
    throw new DocumentUnavailable('it holds a secret');
  const { client_name, client_uri } = document;
  if (typeof client_name !== 'string' || !VISIBLE.test(client_name.trim()))
    throw new DocumentUnavailable('it has no readable client_name');
  const { method, jwks, jwksUri } = authentication(url, document);
  const metadata = {
    client_name: client_name.trim(),
    redirect_uris: redirectUris(document['redirect_uris'], policy),
    grant_types: grantTypes(document['grant_types']),
    response_types: ['code'],
    token_endpoint_auth_method: method,
    ...(typeof client_uri === 'string' && /^https:\/\/[\x21-\x7e]{1,500}$/.test(client_uri) && { client_uri }),
    ...(jwks && { jwks }),
  };
  return { metadata, jwksUri };
}

/** Public keys (RFC 7517 §5). Throws `DocumentUnavailable` for anything else, and for keys that should be secret. */
export function readKeys(text: string): NonNullable<ClientMetadata['jwks']> {
  return publicKeys(parse(text));
}

function parse(text: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document) && !isTooDeep(document))
      return document as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new DocumentUnavailable('it is not a JSON object');
}

/** `token_endpoint_auth_methods_supported` is what some publish beside the one method: any of them will do. */
function authentication(
  url: string,
  document: Record<string, unknown>,
): Pick<ClientDocument, 'jwksUri'> & { method: ClientAuthMethod; jwks?: ClientMetadata['jwks'] } {
  const offered = [
    document['token_endpoint_auth_methods_supported'] ?? [],
    document['token_endpoint_auth_method'] ?? 'none',
  ].flat();
  if (offered.some((method) => typeof method === 'string' && method.startsWith('client_secret')))
    throw new DocumentUnavailable('it authenticates by a secret');
  const { jwks, jwks_uri: jwksUri } = document;
  if (offered.includes(PRIVATE_KEY_JWT) && typeof jwks === 'object' && jwks !== null) {
    return { method: PRIVATE_KEY_JWT, jwks: publicKeys(jwks as Record<string, unknown>), jwksUri: undefined };
  }
  if (offered.includes(PRIVATE_KEY_JWT) && typeof jwksUri === 'string') {
    if (!URL.canParse(jwksUri) || new URL(jwksUri).origin !== new URL(url).origin)
      throw new DocumentUnavailable('its keys are on another site');
    return { method: PRIVATE_KEY_JWT, jwksUri };
  }
  if (!offered.includes('none')) throw new DocumentUnavailable('it authenticates in a way this server does not have');
  return { method: 'none', jwksUri: undefined };
}

function publicKeys({ keys }: Record<string, unknown>): NonNullable<ClientMetadata['jwks']> {
  const usable = Array.isArray(keys) && keys.length > 0 && keys.length <= MAX_KEYS && keys.every(isPublicKey);
  if (!usable) throw new DocumentUnavailable('its keys are not a set of public keys');
  return { keys: keys as Record<string, unknown>[] };
}

/** Asymmetric, and without its private half (RFC 7518 §6). */
function isPublicKey(key: unknown): boolean {
  const { kty, d, k } = Object(key) as { kty?: unknown; d?: unknown; k?: unknown };
  return (kty === 'EC' || kty === 'RSA' || kty === 'OKP') && d === undefined && k === undefined;
}

function redirectUris(value: unknown, policy: RedirectPolicy): string[] {
  if (
    !Array.isArray(value) ||
    value.length === 0 ||
    value.length > MAX_REDIRECT_URIS ||
    !value.every((uri) => typeof uri === 'string')
  ) {
    throw new DocumentUnavailable('its redirect_uris are not a list of URIs');
  }
  const { accepted, refused } = acceptableRedirectUris(value as string[], policy);
  if (refused) throw new DocumentUnavailable(`a redirect URI cannot be used: ${refused.reason}`);
  return accepted;
}

function grantTypes(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return CLIENT_GRANT_TYPES;
  const accepted = CLIENT_GRANT_TYPES.filter((type) => value.includes(type));
  if (!accepted.includes('authorization_code'))
    throw new DocumentUnavailable('its grant_types do not include authorization_code');
  return accepted;
}
