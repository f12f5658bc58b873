/** A contribution to the authorization server metadata (RFC 8414 §2): each feature brings its own lines. */
export type ServerMetadata = Readonly<Record<string, string | boolean | readonly string[]>>;
