import { Injectable } from '@nestjs/common';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import type { ClientIdentity, ClientMetadata } from '../oauth/client-metadata.js';
import { hashSecret, sameBytes } from '../oauth/secret.js';
import { DynamicClients, MAX_CLIENT_ID_LENGTH } from './dynamic-clients.js';

/** A client this server knows, from whatever source. */
export interface Client {
  readonly clientId: string;
  /** SHA-256 of the id: how rows refer to it. */
  readonly digest: Buffer;
  readonly identity: ClientIdentity;
  readonly metadata: ClientMetadata;
  /** SHA-256 of the secret of a confidential client. */
  readonly secretHash: Buffer | null;
}

@Injectable()
export class Clients {
  constructor(
    private readonly dynamic: DynamicClients,
    private readonly stored: StoredClients,
  ) {}

  /**
   * The client of this id. A dynamic one needs no query; a row is asked for only when the seal does not open, which is
   * so for a client approved under a secret that has since been retired.
   */
  async find(clientId: string): Promise<Client | undefined> {
    const digest = hashSecret(clientId);
    const metadata = this.dynamic.open(clientId);
    if (metadata)
      return { clientId, digest, identity: 'self-asserted', metadata, secretHash: this.secretHash(clientId, metadata) };
    if (clientId.length > MAX_CLIENT_ID_LENGTH) return undefined;
    const row = await this.stored.find(digest);
    return row
      ? { clientId, digest, identity: row.identity, metadata: row.metadata, secretHash: row.secretHash }
      : undefined;
  }

  isSecretOf(client: Client, secret: string): boolean {
    return (
      this.dynamic.isSecretOf(client.clientId, secret) ||
      (client.secretHash !== null && sameBytes(client.secretHash, hashSecret(secret)))
    );
  }

  private secretHash(clientId: string, metadata: ClientMetadata): Buffer | null {
    return metadata.token_endpoint_auth_method === 'none' ? null : hashSecret(this.dynamic.secretOf(clientId));
  }
}
