import { LRUCache } from 'lru-cache';

const MINUTE_MS = 60_000;

/** How many steps a minute each ring takes, of one source and of all together, on each node. */
export class Budget {
  private readonly sources: LRUCache<string, number>;
  private readonly all = new LRUCache<'all', number>({ max: 1, ttl: MINUTE_MS, noUpdateTTL: true });

  constructor(
    private readonly perSource: number,
    private readonly together: number,
  ) {
    this.sources = new LRUCache({ max: 10_000, ttl: MINUTE_MS, noUpdateTTL: true });
  }

  /** Whether there is room for one more of this source; then it is taken. */
  take(source: string): boolean {
    const [own, all] = [this.sources.get(source) ?? 0, this.all.get('all') ?? 0];
    if (own >= this.perSource || all >= this.together) return false;
    this.sources.set(source, own + 1);
    this.all.set('all', all + 1);
    return true;
  }
}
