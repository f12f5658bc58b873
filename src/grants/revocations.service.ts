import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { repeat } from '../config/repeat.js';
import { Endings } from '../database/endings.js';
import { Grants } from '../database/repositories/grants.repository.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';

/**
 * Half of what the slowest follower of the feed may add: it asks as often, and a cache between holds it for a second.
 */
const REFRESH_MS = 500;
/** A list older than this is not trusted: the database is asked instead, a request at a time. */
export const STALE_MS = 10_000;
/** Rows may become visible this much after the time they carry: clocks differ, transactions last. */
export const OVERLAP_MS = 60_000;
/** All is read again this often: some transactions last longer, some clocks differ more. */
const ALL_AGAIN_MS = 60_000;

/** A grant that ended, and when, in milliseconds. */
export interface Revocation {
  readonly grantId: string;
  readonly at: number;
}

/**
 * The grants revoked within the last access-token lifetime, held in memory and refreshed twice a second, so that a
 * revoked connection is refused everywhere within 2 s of its commit without a query a request; within a minute if that
 * took long.
 */
@Injectable()
export class Revocations implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Revocations');
  private readonly revoked = new Map<string, number>();
  private sorted?: readonly Revocation[];
  private refreshedAt = 0;
  private allReadAt = 0;
  private stop?: () => void;

  constructor(
    private readonly grants: Grants,
    private readonly config: Config,
    private readonly clock: Clock,
    endings: Endings,
  ) {
    endings.follow((grantIds) => this.add(grantIds));
  }

  async onModuleInit(): Promise<void> {
    await this.refresh(true);
    this.stop = repeat(
      REFRESH_MS,
      () => this.refreshOn(),
      (error) => this.logger.warn(`The revocation list could not be refreshed: ${error.message}`),
    );
  }

  onApplicationShutdown(): void {
    this.stop?.();
  }

  /**
   * Whether tokens of this grant are dead: at once, from the list, or once the database was asked. Throws when neither
   * can tell.
   */
  isRevoked(grantId: string): boolean | Promise<boolean> {
    if (this.revoked.has(grantId)) return true;
    return this.isStale() && this.grants.isLive(grantId).then((isLive) => !isLive);
  }

  /** All that are held, oldest first. Throws `temporarily_unavailable` when nobody could say whether these are all. */
  list(): { readonly revocations: readonly Revocation[]; readonly asOf: number } {
    if (this.isStale())
      throw new OAuthError(
        'temporarily_unavailable',
        'the server cannot tell what was revoked; ask about each token',
        new Finding('database-reachable', { since: new Date(this.refreshedAt) }),
      );
    this.sorted ??= [...this.revoked]
      .map(([grantId, at]) => ({ grantId, at }))
      .toSorted((a, b) => a.at - b.at || (a.grantId < b.grantId ? -1 : 1));
    return { revocations: this.sorted, asOf: this.refreshedAt };
  }

  /** When the list was complete last. */
  get asOf(): Date {
    return new Date(this.refreshedAt);
  }

  /** What ends at this node is known at once; the others learn within a second. */
  private add(grantIds: readonly string[]): void {
    const at = this.clock.now().getTime();
    for (const grantId of grantIds) this.revoked.set(grantId, at);
    if (grantIds.length > 0) this.sorted = undefined;
  }

  private isStale(): boolean {
    return Math.abs(this.clock.now().getTime() - this.refreshedAt) > STALE_MS;
  }

  private refreshOn(): Promise<void> {
    const now = this.clock.now().getTime();
    // A clock that was set back is at a time of which some was forgotten already, and some was never asked for.
    const isSetBack = now < this.refreshedAt;
    return this.refresh(isSetBack || now - this.allReadAt > ALL_AGAIN_MS);
  }

  private async refresh(all: boolean): Promise<void> {
    const asked = this.clock.now().getTime();
    const seen = this.refreshedAt - OVERLAP_MS;
    const since = all ? this.lifetimeAgo() : Math.max(this.lifetimeAgo(), seen);
    await this.grants.revokedSince(new Date(since), (id, at) => {
      // Who follows the feed has passed the time of one that comes late: it is told at the time it came.
      if (!this.revoked.has(id)) this.revoked.set(id, at < seen ? asked : at);
    });
    this.refreshedAt = asked;
    if (all) this.allReadAt = asked;
    const over = this.lifetimeAgo();
    for (const [id, revokedAt] of this.revoked) if (revokedAt < over) this.revoked.delete(id);
    this.sorted = undefined;
  }

  private lifetimeAgo(): number {
    return this.clock.now().getTime() - this.config.accessTokenLifetime * 1000 - OVERLAP_MS;
  }
}
