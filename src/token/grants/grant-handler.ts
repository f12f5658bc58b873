import type { Client } from '../../clients/clients.service.js';
import type { Parameters } from '../../oauth/parameters.js';
import type { IssuedGrant } from '../../database/repositories/grants.repository.js';
import type { TokenResponse } from '../token-issuer.js';

/** What was issued, and of which grant. */
export interface Issued {
  readonly grant: IssuedGrant;
  readonly response: TokenResponse;
}

/** One `grant_type` of the token endpoint. Throws `OAuthError`; a refusal changes nothing unless its RFC says so. */
export interface GrantHandler {
  readonly grantType: string;
  /** `address`: where the request came from. */
  handle(client: Client, parameters: Parameters, address: string): Promise<Issued>;
}
