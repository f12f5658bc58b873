const MINUTE_MS = 60_000;

/**
 * How many steps a ring takes in a minute, of one source and of all together. It remembers no more sources than it
 * takes steps.
 */
export class Budget {
  private minute = 0;
  private taken = 0;
  private readonly bySource = new Map<string, number>();

  constructor(
    private readonly perSource: number,
    private readonly together: number,
  ) {}

  /** Whether there is room for one more of this source; then it is taken. */
  take(source: string, at: Date): boolean {
    const minute = Math.floor(at.getTime() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.taken = 0;
      this.bySource.clear();
    }
    const own = this.bySource.get(source) ?? 0;
    if (own >= this.perSource || this.taken >= this.together) return false;
    this.bySource.set(source, own + 1);
    this.taken++;
    return true;
  }
}
