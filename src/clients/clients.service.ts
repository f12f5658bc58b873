import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import type { ClientIdentity, ClientMetadata } from '../oauth/client-metadata.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import { hashSecret, sameBytes } from '../oauth/secret.js';
import { DynamicClients, MAX_CLIENT_ID_LENGTH } from './dynamic-clients.js';

/** A row is believed for this long without asking again. */
const REMEMBERED_MS = 1_000;

/** A client this server knows, from whatever source. */
export interface Client {
  readonly clientId: string;
  /** SHA-256 of the id: how rows refer to it. */
  readonly digest: Buffer;
  readonly identity: ClientIdentity;
  readonly metadata: ClientMetadata;
  /** SHA-256 of the secret of a confidential client. */
  readonly secretHash: Buffer | null;
  /** Registered by an administrator who also said not to ask about it each time. */
  readonly trusted: boolean;
}

@Injectable()
export class Clients {
  private readonly rows = new LRUCache<string, { readonly client: Client | undefined }>({
    max: 1_000,
    ttl: REMEMBERED_MS,
  });

  constructor(
    private readonly dynamic: DynamicClients,
    private readonly stored: StoredClients,
  ) {}

  /**
   * The client of this id. A dynamic one needs no query; a row is asked for when an administrator registered the client,
   * or when the seal does not open, which is so for a client approved under a secret that has since been retired.
   * Undefined for an unknown client, and for a registered one that is blocked.
   */
  async find(clientId: string): Promise<Client | undefined> {
    const metadata = this.dynamic.open(clientId);
    if (metadata) {
      const secretHash =
        metadata.token_endpoint_auth_method === 'none' ? null : hashSecret(this.dynamic.secretOf(clientId));
      return {
        clientId,
        digest: hashSecret(clientId),
        identity: 'self-asserted',
        metadata,
        secretHash,
        trusted: false,
      };
    }
    if (clientId.length > MAX_CLIENT_ID_LENGTH) return undefined;
    const known = this.rows.get(clientId) ?? { client: await this.findRow(clientId) };
    this.rows.set(clientId, known);
    return known.client;
  }

  isSecretOf({ clientId, identity, secretHash }: Client, secret: string): boolean {
    if (identity === 'self-asserted' && this.dynamic.isSecretOf(clientId, secret)) return true;
    return secretHash !== null && sameBytes(secretHash, hashSecret(secret));
  }

  private async findRow(clientId: string): Promise<Client | undefined> {
    const row = await this.stored.find(hashSecret(clientId));
    if (!row || row.blockedAt) return undefined;
    const { digest, identity, metadata, secretHash, trusted } = row;
    return { clientId, digest, identity, metadata, secretHash, trusted };
  }
}

/**
 * Whether an answer at this redirect URI can only reach the client that is named: somebody vouched for it, and the answer
 * goes to its own https address. Any program can listen on this computer or claim a scheme (RFC 8252 §8.6).
 */
export function isProven({ identity }: Pick<Client, 'identity'>, redirectUri: string): boolean {
  return identity !== 'self-asserted' && redirectTarget(redirectUri) === 'https';
}
