/** Client authentication methods of this server (RFC 7591 §2). */
export const CLIENT_AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

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
}

/**
 * How far a client's name can be trusted. `registered`: an administrator of this server vouches for it.
 * `verified-domain`: its metadata was fetched from the https URL that is its id. `self-asserted`: it registered itself,
 * anybody could have. Never the same look for two of them.
 */
export type ClientIdentity = 'registered' | 'verified-domain' | 'self-asserted';
