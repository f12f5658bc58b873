import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '../config/config.js';
import { OVERLAP_MS, type Revocation, Revocations, STALE_MS } from '../grants/revocations.service.js';
import { RevocationLists } from '../jwt/revocation-lists.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';

const PAGE = 1_000;
/** Milliseconds since the epoch, then the grant where a page ended. */
const POSITION = /^(\d{1,15})(?:\.([0-9a-f-]{36}))?$/;

/**
 * What other servers follow to refuse dead tokens without asking about each: the revocations of the last access-token
 * lifetime, in pages. Who has read them all goes on a little before the end, since what was revoked then may have
 * become visible later; what is named twice does no harm.
 */
@Injectable()
export class RevocationFeed {
  private readonly signed = new LRUCache<string, { of: readonly Revocation[]; page: string }>({ max: 100 });

  constructor(
    private readonly revocations: Revocations,
    private readonly lists: RevocationLists,
    private readonly config: Config,
  ) {}

  /** A signed page from this position on. Throws `invalid_request` for one this feed did not give. */
  page(since = '0'): string {
    const position = POSITION.exec(since);
    if (!position)
      throw new OAuthError(
        'invalid_request',
        'since is not the next of an earlier page',
        new Finding('feed-position', { since }),
      );
    const { revocations, asOf } = this.revocations.list();
    const known = this.signed.get(since);
    if (known?.of === revocations) return known.page;
    const page = this.sign(revocations, asOf, Number(position[1]), position[2] ?? '');
    this.signed.set(since, { of: revocations, page });
    return page;
  }

  private sign(revocations: readonly Revocation[], asOf: number, at: number, grantId: string): string {
    const start = firstAfter(revocations, at, grantId);
    const shown = revocations.slice(start, start + PAGE);
    const last = shown.at(-1);
    const more = start + PAGE < revocations.length;
    return this.lists.sign({
      revoked: shown.map((one) => ({ sid: one.grantId, until: this.deadBy(one) })),
      next: more && last ? `${last.at}.${last.grantId}` : String(Math.max(at, asOf - OVERLAP_MS)),
      more,
      iat: Math.floor(asOf / 1000),
      exp: Math.floor((asOf + STALE_MS) / 1000),
    });
  }

  private deadBy({ at }: Revocation): number {
    return Math.ceil((at + OVERLAP_MS) / 1000) + this.config.accessTokenLifetime;
  }
}

/** Where the first revocation after this position is: they are sorted by time, then by grant. */
function firstAfter(revocations: readonly Revocation[], at: number, grantId: string): number {
  let [low, high] = [0, revocations.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = revocations[middle]!;
    if (one.at > at || (one.at === at && one.grantId > grantId)) high = middle;
    else low = middle + 1;
  }
  return low;
}
