/** Client authentication methods a client can register for (RFC 7591 §2). */
export const CLIENT_AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'] as const;
/** One that publishes its keys can sign instead (RFC 7523 §2.2). */
export const PRIVATE_KEY_JWT = 'private_key_jwt';
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number] | typeof PRIVATE_KEY_JWT;

/** Grant types a client can have here. */
export const CLIENT_GRANT_TYPES: readonly string[] = ['authorization_code', 'refresh_token'];

/** The metadata of a client, spelt as on the wire (RFC 7591 §2). Absent members are absent, never null. */
export interface ClientMetadata {
  readonly client_name?: string;
  readonly redirect_uris: readonly string[];
  readonly grant_types: readonly string[];
  readonly response_types: readonly string[];
  readonly token_endpoint_auth_method: ClientAuthMethod;
  /** Absent: the client may ask for any scope. */
  readonly scope?: string;
  readonly application_type?: string;
  readonly client_uri?: string;
  readonly software_id?: string;
  readonly software_version?: string;
  /** Public keys of a client that signs (RFC 7517 §5). */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

/**
 * How far a client's name can be trusted. `registered`: an administrator of this server vouches for it.
 * `verified-domain`: its metadata was fetched from the https URL that is its id. `self-asserted`: it registered itself,
 * anybody could have. Never the same look for two of them.
 */
export const CLIENT_IDENTITIES = ['self-asserted', 'verified-domain', 'registered'] as const;
export type ClientIdentity = (typeof CLIENT_IDENTITIES)[number];
