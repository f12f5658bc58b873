/** What comes all at once, after a network or a node was away, is taken in: so many, */
export const REQUESTS_OF_A_BURST = 512;
/** for so long: what is too much for longer is no burst; */
const BURST_MS = 500;
/** and the next burst begins only when for so long there were not too many. */
const CALM_MS = 1_000;

/**
 * How many requests may be under way: a burst is taken in; while there is more to do than can be done, just `atOnce`.
 */
export class Admission<Request extends object> {
  private readonly underWay = new Set<Request>();
  /** When the last burst began, and when there were last too many, in milliseconds. */
  private burstSince = -Infinity;
  private lastMany = -Infinity;

  constructor(private readonly atOnce: number) {}

  get size(): number {
    return this.underWay.size;
  }

  begun(request: Request): void {
    this.underWay.add(request);
  }

  ended(request: Request): void {
    this.underWay.delete(request);
  }

  /** Whether there is no room for one more. */
  isFull(): boolean {
    if (this.size < this.atOnce) return false;
    const now = performance.now();
    if (now - this.lastMany > CALM_MS) this.burstSince = now;
    this.lastMany = now;
    return now - this.burstSince >= BURST_MS || this.size >= REQUESTS_OF_A_BURST;
  }
}
