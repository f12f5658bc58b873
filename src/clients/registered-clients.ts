import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import { CLIENT_GRANT_TYPES, type ClientAuthMethod } from '../oauth/client-metadata.js';
import { hashSecret, newSecret } from '../oauth/secret.js';

const PREFIX = 'reg-';

export interface RegisteredClientDetails {
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly authMethod: ClientAuthMethod;
  readonly trusted: boolean;
}

/** Clients an administrator registers and vouches for. Their secrets are told once, and stored as hashes. */
@Injectable()
export class RegisteredClients {
  constructor(
    private readonly stored: StoredClients,
    private readonly clock: Clock,
  ) {}

  /** The new client's id, and its secret if it has one. */
  async register({
    name,
    redirectUris,
    authMethod,
    trusted,
  }: RegisteredClientDetails): Promise<{ clientId: string; secret: string | undefined }> {
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
    await this.stored.register(client, this.clock.now());
    return { clientId, secret };
  }

  /** A new secret; the old one is dead within a second. Undefined when there is no such client, or it has none. */
  async rotateSecret(clientId: string): Promise<string | undefined> {
    const client = await this.stored.find(hashSecret(clientId));
    if (!client?.secretHash || client.identity !== 'registered') return undefined;
    const secret = newSecret();
    await this.stored.replaceSecret(client, hashSecret(secret), this.clock.now());
    return secret;
  }
}
