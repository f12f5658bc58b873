import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Client as StoredClient } from '../database/entities/client.entity.js';
import { StoredClients } from '../database/repositories/stored-clients.repository.js';
import type { ClientIdentity, ClientMetadata } from '../oauth/client-metadata.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import { hashSecret, sameBytes } from '../oauth/secret.js';
import { ClientDocuments, pinnedBy } from './documents/client-documents.js';
import { DocumentsBusy } from './documents/document-fetcher.js';
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
  /** SHA-256 of the metadata of one that publishes itself: what an approval is for. */
  readonly pinned: Buffer | null;
  /** Registered by an administrator who also said not to ask about it each time. */
  readonly trusted: boolean;
}

@Injectable()
export class Clients {
  /** One question for all who ask at once. */
  private readonly rows = new LRUCache<string, Promise<StoredClient | null>>({ max: 1_000, ttl: REMEMBERED_MS });

  /** What was opened stays so: an id is its registration. */
  private readonly opened = new LRUCache<string, Client>({ max: 5_000 });

  constructor(
    private readonly dynamic: DynamicClients,
    private readonly stored: StoredClients,
    private readonly documents: ClientDocuments,
  ) {}

  /**
   * The client of this id. A dynamic one needs no query; a row is asked for when an administrator registered the
   * client, or when the seal does not open, which is so for a client approved under a secret that has since been
   * retired. One with a document is known as it was last approved, at whatever node, and before that by the last good
   * copy: tokens never wait for somebody else's server. Undefined for an unknown client, and for a blocked one that has
   * a row.
   */
  async find(clientId: string): Promise<Client | undefined> {
    const dynamic = this.opened.get(clientId) ?? this.open(clientId);
    if (dynamic) return dynamic;
    if (clientId.length > MAX_CLIENT_ID_LENGTH) return undefined;
    const row = await this.row(clientId);
    if (row) return row.blockedAt ? undefined : fromRow(row);
    const published = this.documents.last(clientId, null);
    return published && verifiedDomain(clientId, published);
  }

  /** The same client, if it has been approved as something else within the second that a row is believed. */
  async approvedSince({ clientId, identity, pinned }: Client): Promise<Client | undefined> {
    if (identity !== 'verified-domain') return undefined;
    this.rows.delete(clientId);
    const client = await this.find(clientId);
    return pinned && client?.pinned?.equals(pinned) ? undefined : client;
  }

  /**
   * The client an authorization request names. Its document, if it has one, must be fresh, and is fetched only for
   * `person` who is logged in: `'unfetched'` otherwise. Throws `DocumentUnavailable`.
   */
  async findAsking(
    clientId: string,
    person: () => Promise<string | undefined>,
  ): Promise<Client | 'unfetched' | undefined> {
    if (!this.documents.accepts(clientId)) {
      const client = await this.find(clientId);
      // Documents are off since it was approved: its connections go on, and it gets no new ones.
      return client?.identity === 'verified-domain' ? undefined : client;
    }
    const row = await this.stored.find(hashSecret(clientId));
    if (row?.blockedAt) return undefined;
    // An administrator's registration under this very id goes first.
    if (row?.identity === 'registered') return fromRow(row);
    const approved = row?.pinned ?? null;
    const fresh = this.documents.fresh(clientId, approved);
    if (fresh) return verifiedDomain(clientId, fresh);
    const userId = await person();
    if (userId === undefined) return 'unfetched';
    try {
      return verifiedDomain(clientId, await this.documents.fetch(clientId, approved, userId));
    } catch (error) {
      // What others ask for keeps nobody from connecting a tool that is known.
      if (!(error instanceof DocumentsBusy)) throw error;
      const last = this.documents.last(clientId, approved);
      if (last) return verifiedDomain(clientId, last);
      if (row?.pinned) return fromRow(row);
      throw error;
    }
  }

  /** Something it published has changed: the next person who connects it has its document read again. */
  readAgain(clientId: string): void {
    this.documents.forget(clientId);
  }

  isSecretOf({ secretHash }: Client, secret: string): boolean {
    return secretHash !== null && sameBytes(secretHash, hashSecret(secret));
  }

  private open(clientId: string): Client | undefined {
    const metadata = this.dynamic.open(clientId);
    if (!metadata) return undefined;
    const isPublic = metadata.token_endpoint_auth_method === 'none';
    const client: Client = {
      clientId,
      digest: hashSecret(clientId),
      identity: 'self-asserted',
      metadata,
      secretHash: isPublic ? null : hashSecret(this.dynamic.secretOf(clientId)!),
      pinned: null,
      trusted: false,
    };
    this.opened.set(clientId, client);
    return client;
  }

  private row(clientId: string): Promise<StoredClient | null> {
    const known = this.rows.get(clientId);
    if (known) return known;
    const row = this.stored.find(hashSecret(clientId));
    // Only what was just read: a use that prolonged it would let a busy client keep an old secret for ever.
    this.rows.set(clientId, row);
    row.catch(() => this.rows.delete(clientId));
    return row;
  }
}

/**
 * Whether an answer at this redirect URI can only reach a client that an administrator vouched for: it goes to an https
 * address. Any program can listen on this computer or claim a scheme (RFC 8252 §8.6), and anybody can publish a
 * document.
 */
export function isProven({ identity }: Pick<Client, 'identity'>, redirectUri: string): boolean {
  return identity === 'registered' && redirectTarget(redirectUri) === 'https';
}

function fromRow({ clientId, digest, identity, metadata, secretHash, pinned, trusted }: Client): Client {
  return { clientId, digest, identity, metadata, secretHash, pinned, trusted };
}

function verifiedDomain(clientId: string, metadata: ClientMetadata): Client {
  return {
    clientId,
    digest: hashSecret(clientId),
    identity: 'verified-domain',
    metadata,
    secretHash: null,
    pinned: pinnedBy(metadata),
    trusted: false,
  };
}
