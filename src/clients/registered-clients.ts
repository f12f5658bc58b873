import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import { CLIENT_GRANT_TYPES, type ClientAuthMethod } from '../oauth/client-metadata.js';
import { type RedirectFault, redirectFault, type RedirectPolicy, redirectTarget } from '../oauth/redirect-uri.js';
import { hashSecret, newSecret } from '../oauth/secret.js';

const PREFIX = 'reg-';

export interface RegisteredClientDetails {
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly authMethod: ClientAuthMethod;
  readonly trusted: boolean;
}

/** Whether a client can be trusted: at anything but https any program can answer in its place (RFC 8252 §8.6). */
export function isTrustworthy(redirectUris: readonly string[]): boolean {
  return redirectUris.every((uri) => redirectTarget(uri) === 'https');
}

/** The first redirect URI that cannot be registered, and why not. */
export function registrationFault(
  redirectUris: readonly string[],
  policy: RedirectPolicy,
): (RedirectFault & { readonly uri: string }) | undefined {
  for (const uri of redirectUris) {
    const fault = redirectFault(uri, policy);
    if (fault) return { ...fault, uri };
  }
  return undefined;
}

/** Clients an administrator registers and vouches for. Their secrets are told once, and stored as hashes. */
@Injectable()
export class RegisteredClients {
  constructor(
    private readonly stored: StoredClients,
    private readonly clock: Clock,
  ) {}

  /** The new client's id, and its secret if it has one. `by`: the operator who registers it. */
  async register(
    { name, redirectUris, authMethod, trusted }: RegisteredClientDetails,
    by?: string,
  ): Promise<{ clientId: string; secret: string | undefined }> {
    const clientId = PREFIX + randomBytes(16).toString('base64url');
    const secret = authMethod === 'none' ? undefined : newSecret();
    const metadata = {
      client_name: name,
      redirect_uris: redirectUris,
      grant_types: CLIENT_GRANT_TYPES,
      response_types: ['code'],
      token_endpoint_auth_method: authMethod,
    };
    const secretHash = secret === undefined ? null : hashSecret(secret);
    const client = {
      clientId,
      digest: hashSecret(clientId),
      identity: 'registered' as const,
      metadata,
      secretHash,
      trusted,
    };
    await this.stored.register(client, this.clock.now(), by);
    return { clientId, secret };
  }

  /** A new secret; the old one is dead within a second. Undefined when there is no such client, or it has none. */
  async rotateSecret(clientId: string, by?: string): Promise<string | undefined> {
    const client = await this.stored.find(hashSecret(clientId));
    if (!client?.secretHash || client.identity !== 'registered') return undefined;
    const secret = newSecret();
    await this.stored.replaceSecret(client, hashSecret(secret), this.clock.now(), by);
    return secret;
  }

  /** Whether people are asked about it each time, within a second. False: it was so before, or it cannot be trusted. */
  async trust(clientId: string, trusted: boolean, by: string): Promise<boolean> {
    const client = await this.stored.find(hashSecret(clientId));
    if (client?.identity !== 'registered' || (trusted && !isTrustworthy(client.metadata.redirect_uris))) return false;
    return this.stored.setTrusted(client, trusted, this.clock.now(), by);
  }
}
