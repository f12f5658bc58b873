import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config.js';
import { repeat } from '../config/repeat.js';
import type { Resource } from '../database/entities/resource.entity.js';
import { StoredResources } from '../database/repositories/stored-resources.repository.js';
import { type ProtectedResource, ProtectedResources } from '../oauth/resource.js';
import { OWN_SCOPES, ScopeCatalogue } from '../oauth/scope.js';
import { hashSecret, sameBytes } from '../oauth/secret.js';

const RELOAD_MS = 1_000;

/**
 * The servers tokens are for: this one's MCP endpoint, and those an operator declared. Held in memory and read again
 * every second, so that no request asks the database for them.
 */
@Injectable()
export class Resources implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Resources');
  readonly own: ProtectedResource;
  private rows: readonly Resource[] = [];
  private known: ProtectedResources;
  private stop?: () => void;

  constructor(
    private readonly stored: StoredResources,
    config: Config,
  ) {
    this.own = { uri: config.resource, name: 'bkend MCP', scopes: OWN_SCOPES };
    this.known = new ProtectedResources(this.own);
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
    this.stop = repeat(
      RELOAD_MS,
      () => this.reload(),
      (error) => this.logger.warn(`The resources could not be read: ${error.message}`),
    );
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  /** This server's own first, then in the order they were declared; the same array while they were not read again. */
  all(): readonly ProtectedResource[] {
    return this.known.all;
  }

  /** Which one a request is for. Throws `invalid_target`. */
  requested(values: readonly string[]): ProtectedResource {
    return this.known.requested(values);
  }

  /** The one of this URI, from memory. */
  find(uri: string): ProtectedResource | undefined {
    return this.known.find(uri);
  }

  /** The same, of something that was approved or sealed here: another node may have learnt of it only now. */
  async findNow(uri: string): Promise<ProtectedResource | undefined> {
    if (!this.find(uri)) await this.reload();
    return this.find(uri);
  }

  /** The resource whose server authenticates by these credentials (RFC 7662 §2.1). */
  authenticate(serverId: string, secret: string): ProtectedResource | undefined {
    const row = this.rows.find((one) => one.serverId === serverId);
    return row && sameBytes(row.secretHash, hashSecret(secret)) ? this.find(row.uri) : undefined;
  }

  private async reload(): Promise<void> {
    this.rows = await this.stored.list();
    const declared = this.rows.map(({ uri, name, scopes }) => ({ uri, name, scopes: new ScopeCatalogue(scopes) }));
    this.known = new ProtectedResources(this.own, declared);
  }
}
