import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { consume } from '../../accounts/limiter.js';
import { Clock } from '../../config/clock.js';
import { Config } from '../../config/config.js';
import type { ClientMetadata } from '../../oauth/client-metadata.js';
import { hashSecret } from '../../oauth/secret.js';
import { type ClientDocument, readClientDocument, readKeys } from './client-document.js';
import { DocumentFetcher, DocumentsBusy, DocumentUnavailable } from './document-fetcher.js';
import { isDocumentUrl } from './document-url.js';

/** A document is kept at least and at most this long, in seconds, whatever its publisher says. */
const FRESH = { least: 300, most: 86_400 };
const BUDGET = {
  perOrigin: { points: 10, duration: 60 },
  perPerson: { points: 100, duration: 60 },
  all: { points: 300, duration: 60 },
};
const AT_ONCE = { perPerson: 3, all: 10 };

interface Kept {
  readonly document: ClientDocument;
  /** What the document says, with the keys it points to. */
  readonly metadata: ClientMetadata;
  readonly etag: string | undefined;
  readonly freshUntil: number;
  /** What people had approved when it was read. */
  readonly approved: Buffer | null;
}

/** SHA-256 of what a document says: what an approval is for. */
export function pinnedBy(metadata: ClientMetadata): Buffer {
  return hashSecret(JSON.stringify(metadata));
}

/**
 * Clients that publish themselves: the client id is the URL of a document (MCP 2026-07-28, Client ID Metadata
 * Documents). Documents are fetched only for somebody who is logged in, once for all who wait, within budgets, and kept
 * in memory; failures are never kept.
 */
@Injectable()
export class ClientDocuments {
  private readonly logger = new Logger('Client documents');
  private readonly kept = new LRUCache<string, Kept>({ max: 1_000 });
  private readonly underWay = new Map<
    string,
    { readonly userId: string; readonly metadata: Promise<ClientMetadata> }
  >();
  private readonly perOrigin = new RateLimiterMemory({ keyPrefix: 'document-origin', ...BUDGET.perOrigin });
  private readonly perPerson = new RateLimiterMemory({ keyPrefix: 'document-person', ...BUDGET.perPerson });
  private readonly all = new RateLimiterMemory({ keyPrefix: 'documents', ...BUDGET.all });

  constructor(
    private readonly fetcher: DocumentFetcher,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Whether this id is one whose document may be fetched. */
  accepts(clientId: string): boolean {
    return this.config.cimd && isDocumentUrl(clientId);
  }

  /**
   * The last good copy, however old. Not when people have since approved (`approved`) something else: at another node,
   * which read the document later.
   */
  last(clientId: string, approved: Buffer | null): ClientMetadata | undefined {
    return this.keptFor(clientId, approved)?.metadata;
  }

  /** The same, while it may be used without asking. */
  fresh(clientId: string, approved: Buffer | null): ClientMetadata | undefined {
    const kept = this.keptFor(clientId, approved);
    return kept && kept.freshUntil > this.clock.now().getTime() ? kept.metadata : undefined;
  }

  /** The copy stays for refresh and revocation, but is no longer fresh. */
  forget(clientId: string): void {
    const kept = this.kept.get(clientId);
    if (kept) this.kept.set(clientId, { ...kept, etag: undefined, freshUntil: 0 });
  }

  /**
   * The document, asked for now, for this person, unless it is fresh. Throws `DocumentUnavailable`; `DocumentsBusy`
   * when it was not asked for.
   */
  async fetch(clientId: string, approved: Buffer | null, userId: string): Promise<ClientMetadata> {
    const fresh = this.fresh(clientId, approved);
    if (fresh) return fresh;
    const waiting = this.underWay.get(clientId);
    if (waiting) return waiting.metadata;
    // A share each: whoever waits for slow sites must not take the place of others.
    const theirs = [...this.underWay.values()].filter((one) => one.userId === userId);
    if (theirs.length >= AT_ONCE.perPerson || this.underWay.size >= AT_ONCE.all)
      throw new DocumentsBusy('too many documents are being fetched');
    const metadata = this.fetchNow(clientId, approved, userId).finally(() => this.underWay.delete(clientId));
    this.underWay.set(clientId, { userId, metadata });
    return metadata;
  }

  private keptFor(clientId: string, approved: Buffer | null): Kept | undefined {
    const kept = this.kept.get(clientId);
    if (!kept || !approved) return kept;
    return kept.approved?.equals(approved) || pinnedBy(kept.metadata).equals(approved) ? kept : undefined;
  }

  private async fetchNow(clientId: string, approved: Buffer | null, userId: string): Promise<ClientMetadata> {
    try {
      await this.spend(clientId, userId);
      const before = this.kept.get(clientId);
      const fetched = await this.fetcher.fetch(clientId, before?.etag);
      const document =
        fetched === 'unchanged' ? before!.document : readClientDocument(clientId, fetched.text, this.config);
      // Also of a document that has not changed: behind their address the keys may have.
      const metadata = await this.withKeys(clientId, document, userId);
      const etag = fetched === 'unchanged' ? before!.etag : fetched.etag;
      const seconds =
        fetched === 'unchanged'
          ? FRESH.least
          : Math.min(Math.max(fetched.maxAge ?? FRESH.least, FRESH.least), FRESH.most);
      const freshUntil = this.clock.now().getTime() + seconds * 1000;
      this.kept.set(clientId, { document, metadata, etag, freshUntil, approved });
      return metadata;
    } catch (error) {
      this.logger.log(`${new URL(clientId).host}: ${(error as Error).message}`);
      throw error;
    }
  }

  /** With the keys it points to, if it signs and does not hold them itself. */
  private async withKeys(
    clientId: string,
    { metadata, jwksUri }: ClientDocument,
    userId: string,
  ): Promise<ClientMetadata> {
    if (jwksUri === undefined) return metadata;
    await this.spend(clientId, userId);
    const keys = await this.fetcher.fetch(jwksUri);
    if (keys === 'unchanged') throw new DocumentUnavailable('its keys did not come');
    return { ...metadata, jwks: readKeys(keys.text) };
  }

  private async spend(clientId: string, userId: string): Promise<void> {
    const refusal =
      (await consume(this.perOrigin, new URL(clientId).origin)) ??
      (await consume(this.perPerson, userId)) ??
      (await consume(this.all, 'all'));
    if (refusal) throw new DocumentsBusy('too many documents were asked for');
  }
}
