import { Clock } from '../../src/config/clock.js';

/** Real time, moved by as much as a test says. */
export class TestClock extends Clock {
  private offset = 0;
  private error = 0;

  override now(): Date {
    return new Date(Date.now() + this.offset + this.error);
  }

  /** All clocks move with the time of a test; only what goes wrong is this one's own. */
  override aheadOf(time: Date): number {
    return super.aheadOf(time) - this.offset;
  }

  /** Moves on by so many seconds. */
  advance(seconds: number): void {
    this.offset += seconds * 1000;
  }

  /** Is wrong by so many seconds. */
  goWrong(seconds: number): void {
    this.error = seconds * 1000;
  }
}
